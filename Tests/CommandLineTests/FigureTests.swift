import FileFormats
import Testing

/// What the figures of `evaluate` say, and values that are none.
@Suite struct FigureTests {
  @Test func mutualInformationIsOfTheImagesAskedFor() throws {
    let workspace = try TrainedRun.workspace()
    for (value, images) in [("all", 40), ("7", 7)] {
      let json = try workspace.run("evaluate", "run", "--json", "--mutual-information", value)
        .json()
      #expect(json["mutual_information_images"]?.int == images)
      #expect(json["mutual_information"]?.double != nil && json["marginal_kl"]?.double != nil)
      #expect(json["mutual_information_stderr"] == json["marginal_kl_stderr"])
    }
    let none = try workspace.run("evaluate", "run", "--json", "--mutual-information", "none").json()
    for key in ["", "_images", "_stderr"] { #expect(none["mutual_information" + key] == .null) }
    #expect(none["marginal_kl"] == .null && none["elbo"]?.double != nil)
    #expect(
      try !workspace.run("evaluate", "run", "--mutual-information", "none").output.contains("KL ="))
    let text = try workspace.run("evaluate", "run", "--mutual-information", "7").output
    #expect(text.contains("by draws of 7 images"))
    for value in ["0", "-3", "some"] {
      try workspace.expectError(
        ["evaluate", "run", "--mutual-information", value], code: 64, "--mutual-information")
    }
  }

  @Test(arguments: ["learned", "optimal", "per-pixel", "predicted"])
  func sigmaSaysWhereItIsFrom(_ sigma: String) throws {
    let workspace = try Workspace()
    let result = try workspace.train(
      "--likelihood", "gaussian", "--sigma", sigma, "--max-steps", "5", "--out", "run", "--quiet")
    #expect(result.code == 0, "\(result)")
    let line = try workspace.run("evaluate", "run").output.split(separator: "\n")
      .first { $0.hasPrefix("sigma") }
    let expected = ["per-pixel": "(per pixel: ", "predicted": "predicted by the decoder"]
    #expect(line?.contains(expected[sigma] ?? "(\(sigma))") == true, "\(line ?? "")")
    let json = try workspace.run("evaluate", "run", "--json").json()
    let isOne = ["learned", "optimal"].contains(sigma)
    #expect((json["log_sigma"]?.double != nil) == isOne)
    #expect((json["log_sigma_mean"]?.double != nil) == (sigma != "predicted"))
    if let mean = json["log_sigma_mean"]?.double, let low = json["log_sigma_min"]?.double,
      let high = json["log_sigma_max"]?.double
    {
      #expect(isOne ? low == high && mean == low : low < mean && mean < high)
    }
  }

  @Test func aModelOfHugeWeightsWritesNothing() throws {
    let trained = try TrainedRun.workspace()
    let workspace = try Workspace()
    let file = try SafeTensors.read(trained.file("run/checkpoints/last.safetensors"))
    let names = file.names.filter { !$0.hasPrefix("optimizer.") }
    try SafeTensors.write(
      tensors: try names.map { name in
        let values = try file.floats(named: name).map { $0 * (name.hasSuffix("weight") ? 1e30 : 1) }
        return (name: name, shape: file.shape(of: name) ?? [], values: values)
      }, metadata: [], to: workspace.file("huge.safetensors"))
    let imported = try workspace.run(
      "import", "huge.safetensors", "--hidden", "16", "--latent", "3", "--likelihood", "gaussian",
      "--sigma", "0.5", "--data", "tiny", "--out", "run")
    #expect(imported.code == 0, "\(imported)")
    for (command, output) in [
      ("encode", "e.npy"), ("reconstruct", "r.png"), ("reconstruct", "r.npy"), ("sample", "s.npy"),
      ("sample", "s.png"), ("interpolate", "i.npy"), ("grid", "g.npy"),
    ] {
      let flags = command == "grid" ? ["--latents", "0,1"] : []
      try workspace.expectError(
        [command, "run", "-o", output] + flags, code: 1, "not finite", "nothing was written")
      #expect(!workspace.exists(output))
    }
  }

  @Test func theGridOfAnAutoencoderIsOverMeansThatVary() throws {
    let workspace = try Workspace()
    let result = try workspace.train(
      "--objective", "autoencoder", "--latent", "4", "--epochs", "2", "--out", "run", "--quiet")
    #expect(result.code == 0, "\(result)")
    _ = try workspace.run("encode", "run", "-o", "e.npy")
    let values = try NPY.read(workspace.file("e.npy")).values
    let variances = (0..<4).map { latent in
      let means = (0..<40).map { Double(values[8 * $0 + latent]) }
      let mean = means.reduce(0, +) / 40
      return means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let best = variances.indices.sorted { variances[$0] > variances[$1] }.prefix(2)
    let grid = try workspace.run("grid", "run", "-o", "g.png", "--side", "2")
    #expect(
      grid.errors.contains("over latent \(best[0]) and \(best[1]) (whose means vary most)"),
      "\(grid), \(variances)")
  }
}
