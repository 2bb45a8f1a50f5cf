import FileFormats
import Foundation
import Testing

/// `check` with a budget: what it leaves when time is up, or when it is ended.
@Suite struct BudgetedCheckTests {
  private let bundle: CheckBundle
  private let order = [
    "driver", "devices", "doctor", "agreement", "bench_untuned", "bench_tf32", "bench_bf16",
    "bench_exact", "bench_apart", "peer_torch", "peer_torch_compile", "peer_jax", "trace", "tune",
    "bench_tuned", "conformance_small", "bench_all", "iwae", "peer_iwae", "conformance",
    "bench_clblast", "peer_torch_more",
  ]

  init() throws { bundle = try CheckBundle() }

  @Test func partsComeInTheOrderOfTheirWorthAndThoseWithoutPythonAreAbsent() throws {
    let result = try bundle.check("--budget", "60", "--device", "0")
    #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
    let report = try bundle.report()
    #expect(report.states.map(\.part) == order)
    #expect(report["complete"]?.bool == true && report["budget"]?.int == 60)
    let absent = order.filter { $0.hasPrefix("peer_") }
    #expect(report.strings("absent") == absent)
    #expect(report.states.filter { $0.state == "passed" }.count == order.count - absent.count)
    #expect(report["peer_jax"]?.strings("messages") == ["no such module"])
  }

  @Test func everyReportOnTheWayIsWhole() throws {
    // Each part finds the report as the parts before it left it.
    try bundle.write(
      #"cp check.json "reports/$(ls reports | wc -l | sed 's/^.$/0&/')""#, to: "vae-gpu")
    try FileManager.default.createDirectory(
      atPath: bundle.workspace.file("reports"), withIntermediateDirectories: false)
    _ = try bundle.check("--budget", "60")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: bundle.workspace.file("reports")
    ).sorted()
    #expect(names.count > 10)
    var done = 0
    for name in names {
      let report = try bundle.report("reports/\(name)")
      #expect(report["complete"]?.bool == false)
      #expect(report.states.count >= done)
      done = report.states.count
      #expect(report.states.map(\.part) + report.strings("not_run") == order, "\(name)")
    }
    #expect(done >= 12)
  }

  @Test func aPartThatHangsIsCutAndKeepsWhatItHadFinished() throws {
    // Its child hangs as well, and neither ends by SIGTERM.
    let script = #"""
      [ "$1" = doctor ] || exit 0
      trap '' TERM
      echo '{"first": 1}'
      printf '{"second": '
      sleep 600 & sleep 600; sleep 600
      """#
    try bundle.write(script.replacing("600", with: "612.25"), to: "vae-gpu")
    let result = try bundle.check("--budget", "10")
    #expect(result.code == 0, "\(result)")
    let report = try bundle.report()
    #expect(report.strings("cut") == ["doctor"] && report["ok"]?.bool == true)
    #expect(report["complete"]?.bool == false)
    #expect(report.strings("not_run") == Array(order[3...]))
    #expect(report["doctor"]?["output"]?.elements?.last?["first"]?.int == 1)
    #expect(report["doctor"]?.strings("messages") == [#"{"second": "#])
    #expect(report["seconds"]?.int.map { $0 <= 10 } == true, "\(report["seconds"] as Any)")
    #expect(!isRunning("612.25"))
  }

  @Test(arguments: [(540, 20), (1080, 40), (60, 20)])
  func aPartHasItsShareAndNoMore(_ budget: Int, _ limit: Int) throws {
    _ = try bundle.check("--budget", "\(budget)")
    #expect(try bundle.report()["devices"]?["limit"]?.int == limit)
  }

  @Test(arguments: [(SIGTERM, "TERM"), (SIGHUP, "HUP")])
  func aSignalLeavesEveryFinishedPart(_ signal: Int32, _ name: String) throws {
    try bundle.write(
      #"[ "$1" = doctor ] || exit 0; echo '{"first": 1}'; touch hangs; sleep 614.\#(signal)"#,
      to: "vae-gpu")
    let running = try bundle.start(["--budget", "500"])
    wait(for: "hangs")
    running.send(signal)
    let result = try running.wait()
    #expect(result.code == 128 + signal && result.errorLines.count == 1, "\(result)")
    let report = try bundle.report()
    #expect(report["ended_by"]?.string == name)
    #expect(report.states.map(\.part) == Array(order[..<3]))
    #expect(report.states.map(\.state) == ["passed", "passed", "cut"])
    #expect(report["doctor"]?["output"]?.elements?.last?["first"]?.int == 1)
    #expect(!isRunning("614.\(signal)"))
  }

  @Test func aKillLeavesTheReportOfThePartsBefore() throws {
    try bundle.write(#"[ "$1" = doctor ] || exit 0; touch hangs; sleep 20"#, to: "vae-gpu")
    let running = try bundle.start(["--budget", "500"])
    wait(for: "hangs")
    running.send(SIGKILL)
    _ = try running.wait()
    let report = try bundle.report()
    #expect(report.states.map(\.part) == ["driver", "devices"])
    #expect(report.strings("not_run") == Array(order[2...]))
  }

  @Test func aSecondRunOfTheFolderGoesOn() throws {
    // The first run breaks off in `trace`; a verdict is in the cache by then.
    try bundle.write(
      #"""
      mkdir -p "$VAE_GPU_CACHE/tuning"
      [ "$1" != doctor ] || echo '{"verdict":1}' >"$VAE_GPU_CACHE/tuning/device.json"
      case "$*" in *--trace*) touch hangs; sleep 615;; esac
      """#, to: "vae-gpu")
    let running = try bundle.start(["--budget", "500", "--out", "home"])
    wait(for: "hangs")
    running.send(SIGTERM)
    _ = try running.wait()
    #expect(try bundle.report("home/check.json").strings("cut") == ["trace"])
    try bundle.write("", to: "vae-gpu")
    let result = try bundle.check("--budget", "500", "--out", "home")
    #expect(result.code == 0, "\(result)")
    let report = try bundle.report("home/check.json")
    #expect(report.states.map(\.part) == order && report["complete"]?.bool == true)
    #expect(report.strings("kept") == Array(order[1..<9]))
    #expect(report["verdicts"]?.elements?.first?["verdict"]?.int == 1)
    let files = try FileManager.default.contentsOfDirectory(atPath: bundle.workspace.file("home"))
    #expect(files.sorted() == ["check.json", "state.tar.gz"])

    // Results of another device are none of this one's; its caches are.
    _ = try bundle.check("--budget", "500", "--out", "home", "--device", "1")
    let other = try bundle.report("home/check.json")
    #expect(other.strings("kept").isEmpty && other["verdicts"]?.elements?.count == 1)
  }

  private func wait(for file: String) {
    waitUntil { bundle.workspace.exists(file) }
  }

  /// Whether a `sleep` of that time is left.
  private func isRunning(_ seconds: String) -> Bool {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.contains { process in
      let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      return String(decoding: line, as: UTF8.self) == "sleep\0\(seconds)\0"
    }
  }
}
