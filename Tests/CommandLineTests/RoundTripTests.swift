import FileFormats
import Testing

/// Training and everything that can be done with the run.
@Suite struct RoundTripTests {
  @Test func trainMakesARunAndPrintsOneObject() throws {
    let workspace = try Workspace()
    let result = try workspace.train("--epochs", "2", "--log-every", "2", "--json")
    #expect(result.code == 0, "\(result)")
    let json = try result.json()
    #expect(json["run"]?.string == "runs/vae-1")
    #expect(json["status"]?.string == "completed")
    #expect(json["steps"]?.int == 6)
    #expect(json["epochs"]?.int == 2)
    #expect(json["bound"]?.string == "elbo")
    #expect(json["binarization"]?.string == "dynamic")
    #expect(json["images"]?.int == 40)
    #expect(json["checkpoint"]?.string == "runs/vae-1/checkpoints/last.safetensors")
    for key in ["elbo", "log_likelihood", "kl", "stderr", "seconds", "images_per_s"] {
      #expect(json[key]?.double != nil, "\(key) in \(result.output)")
    }
    #expect(json["device"]?.string != nil)
    let files = [
      "config.toml", "metrics.jsonl", "samples.png", "reconstructions.png",
      "checkpoints/last.safetensors", "checkpoints/best.safetensors",
    ]
    for file in files { #expect(workspace.exists("runs/vae-1/" + file), "\(file)") }
    #expect(!result.errors.contains("\r") && !result.errors.contains("\u{1B}"))
    #expect(result.errors.contains("epoch 2/2"))
    #expect(result.errors.contains("vae-gpu evaluate runs/vae-1"))
  }

  @Test func metricsHaveTheirFields() throws {
    let workspace = try TrainedRun.workspace()
    let lines = try workspace.text("run/metrics.jsonl").split(separator: "\n")
    #expect(lines.count == 4)
    for line in lines {
      let json = try StrictJSON.parse(Array(line.utf8), path: "metrics")
      let keys = [
        "step", "epoch", "split", "elbo", "log_likelihood", "kl", "beta", "bound", "binarization",
        "images_per_s", "seconds",
      ]
      for key in keys { #expect(json[key] != nil, "\(key) in \(line)") }
    }
  }

  @Test func aSecondRunGetsTheNextNumber() throws {
    let workspace = try Workspace()
    for number in 1...2 {
      #expect(try workspace.train("--max-steps", "1").code == 0)
      #expect(workspace.exists("runs/vae-\(number)/checkpoints/last.safetensors"))
    }
  }

  @Test func evaluatePrintsATableAndOneObject() throws {
    let workspace = try TrainedRun.workspace()
    let table = try workspace.run("evaluate", "run")
    #expect(table.code == 0 && table.errors.isEmpty, "\(table)")
    for word in ["ELBO", "log-likelihood", "KL", "40 images", "active latents", "dynamic"] {
      #expect(table.output.contains(word), "\(word)")
    }
    let json = try workspace.run("evaluate", "run", "--json", "--samples", "3").json()
    let kl = try #require(json["kl"]?.double)
    let elbo = try #require(json["elbo"]?.double)
    let likelihood = try #require(json["log_likelihood"]?.double)
    #expect(abs(elbo - (likelihood - kl)) < 1e-9)
    #expect(json["samples"]?.int == 3)
    #expect(json["images"]?.int == 40)
    #expect(json["split"]?.string == "test")
    #expect(json["stderr"]?.double.map { $0 > 0 } == true)
    let perLatent = try #require(json["kl_per_latent"]?.elements).compactMap(\.double)
    #expect(perLatent.count == 3)
    #expect(abs(perLatent.reduce(0, +) - kl) < 1e-3)
    let train = try workspace.run("evaluate", "run", "--json", "--split", "train").json()
    #expect(train["images"]?.int == 96)
  }

  @Test func evaluateIsTheFigureThatTrainingEndsWith() throws {
    let workspace = try Workspace()
    let end = try workspace.train("--epochs", "1", "--out", "run", "--json").json()
    let evaluation = try workspace.run("evaluate", "run", "--json").json()
    for key in ["elbo", "log_likelihood", "kl", "stderr"] {
      #expect(evaluation[key] == end[key], "\(key)")
    }
  }

  @Test func greyPixelsUnderABernoulliLikelihoodAreALoss() throws {
    let workspace = try Workspace()
    let result = try workspace.train(
      "--binarize", "none", "--max-steps", "2", "--out", "run", "--json")
    let json = try result.json()
    #expect(json["bound"]?.string == "loss")
    #expect(json["binarization"]?.string == "soft")
    #expect(result.errors.contains("loss (soft targets)"))
    #expect(!result.errors.contains("log-likelihood") && !result.errors.contains("ELBO"))
  }

  @Test func samplesAreAGridOrAnArray() throws {
    let workspace = try TrainedRun.workspace()
    let picture = try workspace.run("sample", "run", "-n", "9", "-o", "s.png")
    #expect(picture.code == 0 && picture.output.isEmpty, "\(picture)")
    #expect(picture.errorLines.count == 1)
    let image = try PNGImage.read(workspace.file("s.png"))
    #expect(image.width == image.height)
    #expect(try workspace.run("sample", "run", "-n", "9", "-o", "s.npy", "--quiet").errors.isEmpty)
    let (shape, values) = try NPY.read(workspace.file("s.npy"))
    #expect(shape == [9, 8, 8])
    #expect(values.allSatisfy { (0...1).contains($0) })
    _ = try workspace.run("sample", "run", "-n", "9", "-o", "s2.npy", "--seed", "1")
    #expect(try NPY.read(workspace.file("s2.npy")).values != values)
  }

  @Test func reconstructionsFollowTheSplit() throws {
    let workspace = try TrainedRun.workspace()
    #expect(try workspace.run("reconstruct", "run", "-o", "r.npy", "--mean").code == 0)
    let (shape, mean) = try NPY.read(workspace.file("r.npy"))
    #expect(shape == [40, 8, 8])
    #expect(try workspace.run("reconstruct", "run", "-o", "r2.npy", "-n", "5").code == 0)
    let draw = try NPY.read(workspace.file("r2.npy"))
    #expect(draw.shape == [5, 8, 8])
    #expect(draw.values != Array(mean.prefix(5 * 64)))
    #expect(try workspace.run("reconstruct", "run", "-o", "r.png", "--split", "train").code == 0)
    // Ten columns, three rows of originals above three of reconstructions.
    let image = try PNGImage.read(workspace.file("r.png"))
    #expect(image.width * 6 / 10 - image.height < 10)
  }

  @Test func staticInputsAreBinary() throws {
    let workspace = try TrainedRun.workspace()
    _ = try workspace.run(
      "interpolate", "run", "-o", "b.npy", "--binarize", "static", "--pairs", "1", "--steps", "1")
    let binary = try NPY.read(workspace.file("b.npy")).values
    #expect(binary.prefix(64).allSatisfy { $0 == 0 || $0 == 1 })
    _ = try workspace.run("interpolate", "run", "-o", "n.npy", "--pairs", "1", "--steps", "1")
    #expect(try NPY.read(workspace.file("n.npy")).values.contains(60.0 / 255))
  }

  @Test func encodeGivesMeansThenLogVariances() throws {
    let workspace = try TrainedRun.workspace()
    #expect(try workspace.run("encode", "run", "-o", "e.npy").code == 0)
    #expect(try NPY.read(workspace.file("e.npy")).shape == [40, 6])
    #expect(
      try workspace.run("encode", "run", "-o", "e.npy", "--split", "train", "-n", "7").code == 0)
    #expect(try NPY.read(workspace.file("e.npy")).shape == [7, 6])
  }

  @Test(arguments: ["linear", "spherical"])
  func interpolationsRunBetweenImages(_ path: String) throws {
    let workspace = try TrainedRun.workspace()
    let name = "i-\(path)"
    let flags = ["--pairs", "3", "--steps", "4", "--path", path]
    #expect(try workspace.run(["interpolate", "run", "-o", name + ".png"] + flags).code == 0)
    #expect(try workspace.run(["interpolate", "run", "-o", name + ".npy"] + flags).code == 0)
    #expect(try NPY.read(workspace.file(name + ".npy")).shape == [3, 6, 8, 8])
    #expect(try PNGImage.read(workspace.file(name + ".png")).width > 0)
  }

  @Test func gridsShowTwoLatentsOrTheOnlyOne() throws {
    let workspace = try TrainedRun.workspace()
    let result = try workspace.run("grid", "run", "-o", "g.npy", "--side", "4")
    #expect(result.errors.contains("largest KL"), "\(result)")
    #expect(try NPY.read(workspace.file("g.npy")).shape == [4, 4, 8, 8])
    #expect(try workspace.run("grid", "run", "-o", "g.png", "--latents", "2,0").code == 0)
    let one = try Workspace()
    #expect(
      try one.train("--latent", "1", "--hidden", "none", "--max-steps", "1", "--out", "run").code
        == 0)
    #expect(try one.run("grid", "run", "-o", "g.npy", "--side", "4").code == 0)
    #expect(try NPY.read(one.file("g.npy")).shape == [1, 4, 8, 8])
  }

  @Test func divergenceIsAFailureThatNamesTheTensor() throws {
    let workspace = try Workspace()
    let result = try workspace.train("--lr", "1e30", "--out", "run", "--quiet")
    #expect(result.code == 1)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.contains("diverged at step") && result.errors.contains("--lr"))
  }
}
