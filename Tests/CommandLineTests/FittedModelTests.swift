import FileFormats
import Testing

/// PPCA and auto-encoders through the commands of every other model.
@Suite struct FittedModelTests {
  @Test(arguments: ["closed-form", "em", "gradient"])
  func ppcaIsFittedEvaluatedAndUsed(_ fit: String) throws {
    let workspace = try Workspace()
    let result = try workspace.run(
      "train", "--data", "tiny", "--model", "ppca", "--latent", "2", "--fit", fit, "--device",
      "cpu",
      "--out", "run", "--json")
    #expect(result.code == 0, "\(result)")
    let trained = try result.json()
    #expect(trained["status"]?.string == "completed" && trained["bound"]?.string == "elbo")
    let exact = try #require(trained["exact_log_likelihood"]?.double)
    let evaluated = try workspace.run("evaluate", "run", "--samples", "400", "--json").json()
    #expect(evaluated["exact_log_likelihood"]?.double == exact)
    let elbo = try #require(evaluated["elbo"]?.double)
    let error = try #require(evaluated["stderr"]?.double)
    #expect(abs(elbo - exact) < 5 * error + 1e-2)
    for file in ["config.toml", "metrics.jsonl", "samples.png", "checkpoints/best.safetensors"] {
      #expect(workspace.exists("run/\(file)"), "\(file)")
    }
    #expect(try workspace.text("run/config.toml").contains("fit = \"\(fit)\""))
    for command in [
      ["sample", "run", "-o", "s.png"], ["reconstruct", "run", "-o", "r.npy"],
      ["encode", "run", "-o", "e.npy"], ["grid", "run", "-o", "g.png"],
    ] {
      #expect(try workspace.run(command).code == 0, "\(command)")
    }
    try workspace.expectError(["train", "--resume", "run"], code: 64, "ppca", "not resumed")
  }

  @Test func ppcaTakesMissingPixels() throws {
    let workspace = try Workspace()
    let result = try workspace.run(
      "train", "--data", "tiny", "--model", "ppca", "--latent", "2", "--fit", "em", "--missing",
      "0.2", "--device", "cpu", "--json", "--max-steps", "30")
    #expect(result.code == 0, "\(result)")
    #expect(try result.json()["exact_log_likelihood"]?.double != nil)
    #expect(result.errors.contains("hidden"))
  }

  @Test(arguments: ["autoencoder", "denoising"])
  func anAutoencoderHasNoBound(_ objective: String) throws {
    let workspace = try Workspace()
    let result = try workspace.train(
      "--objective", objective, "--epochs", "2", "--out", "run", "--json")
    #expect(result.code == 0, "\(result)")
    #expect(try result.json()["bound"]?.string == "reconstruction")
    let json = try workspace.run("evaluate", "run", "--json").json()
    #expect(json["bound"]?.string == "reconstruction" && json["samples"]?.int == 1)
    #expect(json["iwae"] == .null && json["bits_per_dim"] == .null && json["kl"]?.double == 0)
    #expect(json["reconstruction_mse"]?.double != nil)
    let table = try workspace.run("evaluate", "run").output
    #expect(table.contains("reconstruction") && !table.contains("ELBO"))
    try workspace.expectError(
      ["evaluate", "run", "--quadrature", "100"], code: 64, "--quadrature", "no noise")
  }

  @Test func quadratureIsForTwoLatents() throws {
    let workspace = try TrainedRun.workspace()
    try workspace.expectError(
      ["evaluate", "run", "--quadrature", "100"], code: 64, "--quadrature", "3 latents")
    let two = try Workspace()
    #expect(try two.train("--epochs", "2", "--out", "run").code == 0)
    let json = try two.run(
      "evaluate", "run", "--quadrature", "100", "--limit", "3", "--samples", "2000", "--json"
    ).json()
    let exact = try #require(json["quadrature"]?.double)
    let bound = try #require(json["iwae"]?.double)
    #expect(abs(exact - bound) < 0.1 && json["quadrature_error"]?.double != nil)
  }

  @Test func oneDrawOfOneImageHasNoError() throws {
    let workspace = try TrainedRun.workspace()
    let draw = ["evaluate", "run", "--limit", "1", "--samples", "1"]
    let text = try workspace.run(draw + ["--json"]).output
    #expect(text.contains("\"stderr\":null") && text.contains("\"iwae_stderr\":null"))
    let table = try workspace.run(draw).output
    #expect(table.contains("error unknown") && !table.contains("nan"))
  }

  @Test func heldOutImagesAreASplit() throws {
    let workspace = try Workspace()
    #expect(try workspace.train("--validation", "20", "--epochs", "2", "--out", "run").code == 0)
    #expect(try workspace.text("run/metrics.jsonl").contains("\"split\":\"validation\""))
    for (split, images) in [("validation", 20), ("train", 76), ("test", 40)] {
      let json = try workspace.run("evaluate", "run", "--split", split, "--json").json()
      #expect(json["images"]?.int == images && json["split"]?.string == split)
    }
    try workspace.expectError(
      ["train", "--data", "tiny", "--validation", "96"], code: 64, "validation", "96")
    let other = try TrainedRun.workspace()
    try other.expectError(
      ["evaluate", "run", "--split", "validation"], code: 64, "validation", "held out no images")
  }
}
