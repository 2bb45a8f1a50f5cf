import FileFormats
import Foundation
import Testing

/// The `check` script of the bundle, with stand-ins for the programs that it runs.
@Suite struct CheckScriptTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace(withData: false)
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Scripts/bundle-contents/check").path
    try FileManager.default.createDirectory(
      atPath: workspace.file("a bundle/bin"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: script, toPath: workspace.file("a bundle/check"))
    try workspace.write("1.2.3\n", to: "a bundle/VERSION")
  }

  private func write(_ script: String, to program: String) throws {
    try workspace.write("#!/bin/sh\n\(script)\n", to: "a bundle/bin/\(program)")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: workspace.file("a bundle/bin/\(program)"))
  }

  private func check(_ arguments: String...) throws -> (CommandLineTool.Result, JSONValue?) {
    let result = try workspace.start(
      ["sh", workspace.file("a bundle/check")] + arguments, program: "/usr/bin/env"
    ).wait()
    guard workspace.exists("check.json") else { return (result, nil) }
    return (result, try StrictJSON.parse(workspace.bytes("check.json"), path: "check.json"))
  }

  @Test func everythingIsInOneFile() throws {
    try write(#"echo "{\"command\":\"$*\"}""#, to: "vae-gpu")
    try write("echo $VAE_GPU_TEST_DEVICES/$VAE_GPU_TEST_SIZES", to: "conformance")
    let (result, report) = try check("--quick", "--device", "3")
    #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
    let json = try #require(report)
    #expect(json["ok"]?.bool == true && json["failed"]?.elements?.isEmpty == true)
    #expect(json["version"]?.string == "1.2.3" && json["device"]?.string == "3")
    #expect(json["machine"]?["processors"]?.int.map { $0 > 0 } == true)
    #expect(json["conformance"]?["messages"]?.elements?.first?.string == "3/small")
    let commands = ["bench_untuned", "tune", "bench_clblast", "trace"].map {
      json[$0]?["output"]?.elements?.first?["command"]?.string ?? ""
    }
    #expect(commands[0].hasPrefix("bench --gemm untuned --json "), "\(commands)")
    #expect(commands[1].hasPrefix("tune --json --quick "), "\(commands)")
    #expect(commands[2].hasPrefix("bench --gemm clblast --json "), "\(commands)")
    #expect(commands[3].hasPrefix("bench --work mlp400 --trace --json "), "\(commands)")
    #expect(commands.allSatisfy { $0.hasSuffix(" --device 3") }, "\(commands)")
  }

  @Test func aFailingPartStopsNothingAndIsReported() throws {
    try write(#"[ "$1" = tune ] || echo "[1]"; [ "$1" != tune ]"#, to: "vae-gpu")
    // A device may print anything.
    try write(
      #"printf '{"half": \n\ta "quoted" \\ back\\slash \303 \342\234\230 \033[0m\n' >&2; exit 3"#,
      to: "conformance")
    let (result, report) = try check()
    #expect(result.code == 1, "\(result)")
    #expect(result.errors.contains("failed: conformance tune"), "\(result)")
    let json = try #require(report)
    #expect(json["ok"]?.bool == false)
    #expect(json["failed"]?.elements?.compactMap(\.string) == ["conformance", "tune"])
    #expect(json["conformance"]?["exit_code"]?.int == 3)
    let messages = json["conformance"]?["messages"]?.elements?.compactMap(\.string) ?? []
    #expect(messages.contains { $0.contains(#"a "quoted" \ back\slash"#) }, "\(messages)")
    #expect(json["trace"]?["exit_code"]?.int == 0)
  }

  @Test func usageErrorsHaveOneLine() throws {
    for arguments in [["--nonsense"], ["--device"], ["a.json", "b.json"]] {
      let result = try workspace.start(
        ["sh", workspace.file("a bundle/check")] + arguments, program: "/usr/bin/env"
      ).wait()
      #expect(result.code == 64 && result.errorLines.count == 1, "\(result)")
    }
  }
}
