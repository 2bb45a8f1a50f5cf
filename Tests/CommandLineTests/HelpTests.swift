import Testing

@Suite struct HelpTests {
  private let commands = [
    "train", "evaluate", "sample", "reconstruct", "encode", "interpolate", "grid", "import",
    "devices", "doctor", "verify", "bench", "tune",
  ]

  @Test func noArgumentsPrintTheHelp() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.run()
    #expect(result.code == 0)
    #expect(result.errors.isEmpty)
    for command in commands { #expect(result.output.contains("\n  \(command) ")) }
    #expect(result.output == (try workspace.run("--help").output))
  }

  @Test func theHelpDocumentsEveryExitCode() throws {
    let help = try Workspace(withData: false).run("--help").output
    for code in ["0", "1", "64", "65", "66", "69", "70", "73", "74", "130", "143"] {
      #expect(help.contains("\n  \(code) "), "\(code)")
    }
  }

  @Test func everyCommandHasHelp() throws {
    let workspace = try Workspace(withData: false)
    for command in commands {
      let result = try workspace.run(command, "--help")
      #expect(result.code == 0, "\(command)")
      #expect(result.output.contains("USAGE: vae-gpu \(command)"), "\(result)")
      #expect(result.errors.isEmpty)
    }
  }

  @Test func theVersionGoesToStandardOutput() throws {
    let result = try Workspace(withData: false).run("--version")
    #expect(result.code == 0)
    #expect(result.output.split(separator: ".").count == 3)
    #expect(result.errors.isEmpty)
  }

  @Test func trainHelpHasEveryFlag() throws {
    let help = try Workspace(withData: false).run("train", "--help").output
    let flags = [
      "data", "device", "epochs", "max-steps", "batch-size", "hidden", "latent", "activation",
      "model", "likelihood", "sigma", "binarize", "lr", "beta", "seed", "clip-norm", "patience",
      "log-every", "save-every", "threads", "out", "resume", "config", "json", "quiet", "fit",
      "missing",
      "layer", "log-variance", "validation", "lr-schedule", "objective", "samples", "free-bits",
      "capacity", "corruption", "beta-schedule", "warmup", "adam-epsilon", "channels", "kernel",
      "stride", "padding", "norm", "residual", "upsampling",
    ]
    for flag in flags { #expect(help.contains("\n  --\(flag)"), "\(flag)") }
  }

  @Test func aFullStandardOutputIsAnError() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.start(["--help"], standardOutput: "/dev/full").wait()
    #expect(result.code == 74)
    #expect(result.errorLines.count == 1)
  }
}
