import FileFormats
import Foundation
import Testing

/// The `check` script of the bundle, with stand-ins for the programs that it runs.
@Suite struct CheckScriptTests {
  private let bundle: CheckBundle

  init() throws { bundle = try CheckBundle() }

  @Test func everythingIsInOneFile() throws {
    try bundle.write("echo $VAE_GPU_TEST_DEVICES/$VAE_GPU_TEST_SIZES", to: "conformance")
    let result = try bundle.check("--quick", "--device", "3")
    #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
    let json = try bundle.report()
    #expect(json["ok"]?.bool == true && json["failed"]?.elements?.isEmpty == true)
    #expect(json["complete"]?.bool == true && json.strings("not_run").isEmpty)
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
    try bundle.write(#"[ "$1" = tune ] || echo "[1]"; [ "$1" != tune ]"#, to: "vae-gpu")
    // A device may print anything.
    try bundle.write(
      #"printf '{"half": \n\ta "quoted" \\ back\\slash \303 \342\234\230 \033[0m\n' >&2; exit 3"#,
      to: "conformance")
    let result = try bundle.check()
    #expect(result.code == 1, "\(result)")
    #expect(result.errors.contains("failed: conformance tune"), "\(result)")
    let json = try bundle.report()
    #expect(json["ok"]?.bool == false)
    #expect(json.strings("failed") == ["conformance", "tune"])
    #expect(json["conformance"]?["exit_code"]?.int == 3)
    let messages = json["conformance"]?.strings("messages") ?? []
    #expect(messages.contains { $0.contains(#"a "quoted" \ back\slash"#) }, "\(messages)")
    #expect(json["trace"]?["exit_code"]?.int == 0)
  }

  @Test func onlyLinesThatAreJSONAreTakenForIt() throws {
    let good = [
      #"{"a": [1, -2.5e-3, 0, {}, [], true, false, null], "b": "S \" V \\ \u00e9 {\n"}"#, "[]",
      #"  "# + "[[[[]]]]", #"{"":{"":{}}}"#,
    ]
    let bad = [
      "{a}", "[1 2]", "[1,]", "[,1]", "{}{}", "[01]", "[1.]", "[-]", "[.5]", "[NaN]", "[Infinity]",
      "[truefalse]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{1:2}"#, "[V]", "[S]", "{SS:V}",
      #"["\x"]"#, #"["\u12"]"#, #"[""a"]"#, "[[]", "{]}", "[1e]", "[+1]", #"[1"a"]"#, "[1:2]",
      "[\"tab\there\"]", "[True]",
    ]
    let lines = (good + bad).map { $0 + "\n" }.joined() + #"{"half": ["#
    try bundle.workspace.write(lines, to: "lines")
    try bundle.write("cat '\(bundle.workspace.file("lines"))'", to: "conformance")
    let result = try bundle.check()
    #expect(result.code == 0, "\(result)")
    let part = try bundle.report()["conformance"]
    // A line that begins with a space is none of ours.
    #expect(part?["output"]?.elements?.count == good.count - 1, "\(part as Any)")
    #expect(part?["messages"]?.elements?.count == bad.count + 2, "\(part as Any)")
  }

  @Test func trainingOnTheDeviceIsHeldAgainstTheProcessor() throws {
    try bundle.write(
      #"""
      case "$*" in
        *--device\ 0*conv*)
          sed -i '7s/"loss":2.5/"loss":2.6/' "$out/metrics.jsonl"
          echo others >"$out/checkpoints/last.safetensors"
          ;;
      esac
      """#, to: "vae-gpu")
    let result = try bundle.check("--device", "0")
    #expect(result.code == 1 && result.errors.contains("failed: agreement"), "\(result)")
    let found = try bundle.report()["agreement"]?["output"]?.elements?.filter {
      $0["model"] != nil
    }
    let (dense, conv) = (try #require(found?.first), try #require(found?.last))
    #expect(dense["model"]?.string == "dense" && dense["checkpoints_equal"]?.bool == true)
    #expect(dense["largest_relative_difference"]?.double == 0)
    #expect(dense["losses_compared"]?.int == 200)
    #expect(conv["model"]?.string == "conv" && conv["checkpoints_equal"]?.bool == false)
    #expect(conv["largest_relative_difference"]?.double == 0.04)
  }

  @Test func usageErrorsHaveOneLine() throws {
    for arguments in [
      ["--nonsense"], ["--device"], ["a.json", "b.json"], ["--budget"], ["--budget", "9"],
      ["--budget", "soon"], ["--budget=-5"], ["--budget", "10000"], ["--out"],
    ] {
      let result = try bundle.start(arguments).wait()
      #expect(result.code == 64 && result.errorLines.count == 1, "\(arguments) \(result)")
    }
    let result = try bundle.check("--driver", "no such folder")
    #expect(result.code == 66 && result.errorLines.count == 1, "\(result)")
  }
}
