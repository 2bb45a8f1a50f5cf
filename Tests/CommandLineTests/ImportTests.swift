import FileFormats
import Testing

@Suite struct ImportTests {
  private static let model = ["--hidden", "16", "--latent", "3", "--likelihood", "bernoulli"]

  /// The trained run's weights without anything else, under `weights.safetensors`.
  private func workspace() throws -> Workspace {
    let trained = try TrainedRun.workspace()
    let workspace = try Workspace()
    let file = try SafeTensors.read(trained.file("run/checkpoints/last.safetensors"))
    let names = file.names.filter { !$0.hasPrefix("optimizer.") }
    try SafeTensors.write(
      tensors: try names.map {
        (name: $0, shape: file.shape(of: $0) ?? [], values: try file.floats(named: $0))
      }, metadata: [], to: workspace.file("weights.safetensors"))
    return workspace
  }

  @Test func everyCommandWorksOnAnImportedRun() throws {
    let workspace = try workspace()
    let result = try workspace.run(
      ["import", "weights.safetensors"] + Self.model + ["--data", "tiny", "--out", "run"])
    #expect(result.code == 0 && result.output.isEmpty, "\(result)")
    let commands = [
      ["evaluate", "run", "--checkpoint", "best"], ["sample", "run", "-o", "s.png"],
      ["reconstruct", "run", "-o", "r.png"], ["encode", "run", "-o", "e.npy"],
      ["interpolate", "run", "-o", "i.png"], ["grid", "run", "-o", "g.png"],
      ["train", "--resume", "run", "--max-steps", "2"],
    ]
    for command in commands {
      let result = try workspace.run(command)
      #expect(result.code == 0, "\(command): \(result)")
    }
  }

  @Test(arguments: ["model.", "module.vae.", "_orig_mod."])
  func aPrefixOfTheNamesIsNamed(_ prefix: String) throws {
    let workspace = try workspace()
    let file = try SafeTensors.read(workspace.file("weights.safetensors"))
    try SafeTensors.write(
      tensors: try file.names.map {
        (name: prefix + $0, shape: file.shape(of: $0) ?? [], values: try file.floats(named: $0))
      }, metadata: [], to: workspace.file("prefixed.safetensors"))
    try workspace.expectError(
      ["import", "prefixed.safetensors", "--out", "run"] + Self.model, code: 65,
      "begin with \"\(prefix)\"", "take that off", "\"posterior.weight\"")
    #expect(!workspace.exists("run"))
  }

  @Test func aFileWithoutLikelihoodTellsItsTensors() throws {
    let workspace = try workspace()
    try SafeTensors.write(
      tensors: [("posterior.weight", [1], [0]), ("odd.name", [1], [0])], metadata: [],
      to: workspace.file("odd.safetensors"))
    try workspace.expectError(
      ["import", "odd.safetensors", "--out", "run"] + Self.model, code: 65, "likelihood.bias",
      "odd.name")
  }

  @Test func theFiguresAreThoseOfTheWeights() throws {
    let workspace = try workspace()
    _ = try workspace.run(
      ["import", "weights.safetensors"] + Self.model + ["--data", "tiny", "--out", "run"])
    let imported = try workspace.run("evaluate", "run", "--json").json()
    let trained = try TrainedRun.workspace().run("evaluate", "run", "--json").json()
    #expect(imported["elbo"] == trained["elbo"])
    #expect(imported["step"]?.int == 0)
  }

  @Test func noDataSetIsNeeded() throws {
    let workspace = try workspace()
    for (name, flags) in [
      ("square", []), ("shape", ["--image-shape", "4x16"]), ("gone", ["--data", "nowhere"]),
    ] {
      let result = try workspace.run(
        ["import", "weights.safetensors", "--out", name] + Self.model + flags)
      #expect(result.code == 0, "\(result)")
      #expect(try workspace.run("sample", name, "-n", "2", "-o", "\(name).npy").code == 0)
    }
    #expect(try NPY.read(workspace.file("square.npy")).shape == [2, 8, 8])
    #expect(try NPY.read(workspace.file("shape.npy")).shape == [2, 4, 16])
  }

  @Test func normsAreThoseOfPyTorch() throws {
    let workspace = try Workspace()
    let flags = [
      "--model", "conv", "--channels", "4", "--norm", "batch", "--latent", "2", "--likelihood",
      "gaussian", "--data", "tiny",
    ]
    #expect(
      try workspace.run(["train", "--max-steps", "2", "--out", "trained"] + flags).code == 0)
    let file = try SafeTensors.read(workspace.file("trained/checkpoints/last.safetensors"))
    var tensors = try file.names.filter { !$0.hasPrefix("optimizer.") }.map {
      (name: $0, shape: file.shape(of: $0) ?? [], values: try file.floats(named: $0))
    }
    tensors.append((name: "encoder.0.norm.num_batches_tracked", shape: [], values: [2]))
    func write() throws {
      try SafeTensors.write(
        tensors: tensors, metadata: [], to: workspace.file("weights.safetensors"))
    }
    try write()
    #expect(
      try workspace.run(["import", "weights.safetensors", "--out", "run"] + flags).code == 0)
    let imported = try workspace.run("evaluate", "run", "--json").json()
    #expect(imported["elbo"] == (try workspace.run("evaluate", "trained", "--json").json()["elbo"]))
    #expect(imported["exact_log_likelihood"]?.double == nil)
    let variance = try #require(tensors.firstIndex { $0.name == "encoder.0.norm.running_var" })
    tensors[variance].values[0] = -1
    try write()
    try workspace.expectError(
      ["import", "weights.safetensors"] + flags, code: 65, "running_var", "negative")
  }

  @Test func weightsThatGiveNoNumbersFailTheEvaluation() throws {
    let workspace = try workspace()
    let file = try SafeTensors.read(workspace.file("weights.safetensors"))
    try SafeTensors.write(
      tensors: try file.names.map {
        let values = try file.floats(named: $0)
        return (
          name: $0, shape: file.shape(of: $0) ?? [],
          values: $0 == "likelihood.weight" ? values.map { $0 * 1e38 } : values
        )
      }, metadata: [], to: workspace.file("large.safetensors"))
    #expect(
      try workspace.run(
        ["import", "large.safetensors"] + Self.model + ["--data", "tiny", "--out", "run"]
      ).code == 0)
    let result = try workspace.run("evaluate", "run", "--json")
    #expect(result.code == 1 && result.errors.contains("no finite log-likelihood"), "\(result)")
    #expect(result.output.contains("\"elbo\":null") && result.output.contains("\"stderr\":null"))
  }

  @Test func weightsOfAnotherModelAreBadData() throws {
    let workspace = try workspace()
    let wrong = [
      ["--hidden", "8", "--latent", "3", "--likelihood", "bernoulli"],
      ["--hidden", "16", "--latent", "2", "--likelihood", "bernoulli"],
      ["--hidden", "16,16", "--latent", "3", "--likelihood", "bernoulli"],
      ["--hidden", "none", "--latent", "3", "--likelihood", "bernoulli"],
      ["--hidden", "16", "--latent", "3", "--likelihood", "gaussian"],
      Self.model + ["--image-shape", "9x9"],
    ]
    for flags in wrong {
      try workspace.expectError(
        ["import", "weights.safetensors", "--out", "run"] + flags, code: 65, "weights.safetensors")
    }
    #expect(!workspace.exists("run"))
  }

  @Test func aFileThatIsNotSafetensorsIsBadData() throws {
    let workspace = try workspace()
    let hostile: [[UInt8]] = [
      [], Array("not a tensor file".utf8), [255, 255, 255, 255, 255, 255, 255, 127, 123],
      [2, 0, 0, 0, 0, 0, 0, 0, 123, 125],
    ]
    for bytes in hostile {
      try workspace.write(bytes, to: "bad.safetensors")
      try workspace.expectError(
        ["import", "bad.safetensors"] + Self.model, code: 65, "bad.safetensors")
    }
    try workspace.expectError(["import", "none.safetensors"] + Self.model, code: 66, "none")
  }

  @Test func anExistingRunIsNotOverwritten() throws {
    let workspace = try workspace()
    let command = ["import", "weights.safetensors", "--out", "run"] + Self.model
    #expect(try workspace.run(command).code == 0)
    try workspace.expectError(command, code: 73, "run")
  }
}
