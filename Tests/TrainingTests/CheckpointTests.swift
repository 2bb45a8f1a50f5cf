import Foundation
import Testing
import VAEGPU

/// Checkpoints that do not fit, and files that are none.
@MainActor struct CheckpointTests {
  @Test("A checkpoint of other settings, another seed or another data set is refused in one line")
  func mismatch() throws {
    let other: [(words: [String], change: (inout RunConfiguration) -> Void)] = [
      (["tensor 'decoder.1.bias'"], { $0.hidden = [16] }),
      (["shape", "[16, 36]", "[17, 36]"], { $0.hidden = [17, 12] }),
      (["posterior.weight", "shape"], { $0.latent = 6 }),
      (["likelihood.log_sigma"], { $0.likelihood = "gaussian" }),
      (["other settings", "seed=20260101", "seed=1"], { $0.seed = 1 }),
      (["other settings", "lr=0.001", "lr=0.01"], { $0.learningRate = 0.01 }),
      (["other settings", "batch_size=8"], { $0.batchSize = 9 }),
      (["other settings", "activation"], { $0.activation = .tanh }),
      (["other settings", "beta"], { $0.beta = 2 }),
      (["other settings", "binarize"], { $0.binarize = .static }),
      (["other settings", "clip_norm"], { $0.clipNorm = 1 }),
    ]
    for (words, change) in other {
      var run = try Self.trained()
      change(&run.configuration)
      let before = try run.checkpoints()
      let trainer = try run.trainer(TestDevice.cpu[0].open())
      let weights = try trainer.vae.weights()
      expectFileError(.mismatch, [run.directory.last] + words) { try trainer.resume() }
      #expect(try run.checkpoints() == before)
      #expect(try trainer.vae.weights() == weights && trainer.progress.step == 0)
    }
  }

  @Test("Settings that no number depends on may change on resume")
  func harmless() throws {
    var run = try Self.trained()
    run.configuration.device = "cpu"
    run.configuration.threads = 2
    run.configuration.patience = 9
    run.configuration.logEvery = 2
    run.configuration.saveEvery = 1
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    try trainer.resume()
    #expect(trainer.progress.step == 4)
  }

  @Test("A data set of another name, count or image size is refused")
  func dataset() throws {
    let run = try Self.trained()
    let renamed = ImageSet(
      verified: "others", split: .train, count: 27, height: 6, width: 6,
      pixels: run.data.train.pixels)
    let datasets = [
      TestImages.dataset(train: 26),
      ImageDataset(verified: "others", train: renamed, test: run.data.test),
    ]
    for data in datasets {
      let trainer = try Trainer(
        run.configuration, data: data, device: TestDevice.cpu[0].open(), output: run.directory)
      expectFileError(.mismatch, ["test-images 27x6x6", "the data set now is"]) {
        try trainer.resume()
      }
    }
    let trainer = try Trainer(
      run.configuration, data: TestImages.dataset(side: 5), device: TestDevice.cpu[0].open(),
      output: run.directory)
    expectFileError(.mismatch, ["encoder.0.weight", "[16, 36]", "[16, 25]"]) {
      try trainer.resume()
    }
  }

  @Test("A checkpoint cut at any place is malformed, and a run does not resume from it")
  func truncated() throws {
    let run = try Self.trained()
    let bytes = try contents(of: run.directory.last)
    let layout = try run.trainer(TestDevice.cpu[0].open()).vae.layout
    print("CheckpointTests: cuts of \(bytes.count) bytes")
    for count in [0, 1, 7, 8, 9, 100, 2000, bytes.count / 2, bytes.count - 4, bytes.count - 1] {
      let path = try run.scratch.file("cut", Array(bytes.prefix(count)))
      expectFileError(.malformed, [path]) { _ = try Checkpoint.read(path, layout: layout) }
    }
    _ = try run.scratch.file("run/checkpoints/last.safetensors", Array(bytes.dropLast()))
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    expectFileError(.malformed, [run.directory.last, run.directory.best, "step 4", "remove"]) {
      try trainer.resume()
    }
    #expect(trainer.progress.step == 0)
    // Nothing is advised that is not there.
    _ = try run.scratch.file("run/checkpoints/best.safetensors", Array(bytes.dropLast(9)))
    let error = #expect(throws: FileError.self) { try trainer.resume() }
    #expect(error?.description.contains("remove") == false)
  }

  @Test("Metadata that is missing, no number or beyond all bounds is malformed")
  func metadata() throws {
    let run = try Self.trained()
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    let entries: [(key: String, text: String?)] = [
      ("step", nil), ("step", "four"), ("step", "-1"), ("step", "4.0"), ("step", ""),
      ("step", "4294967296"), ("step", "99999999999999999999"), ("epoch", nil), ("epoch", "x"),
      ("epoch", "4294967296"), ("epoch", "1000001"), ("position", nil), ("position", "28"),
      ("position", "9223372036854775807"), ("epochs_since_best", nil),
      ("epochs_since_best", "2"), ("epochs_since_best", "4294967295"), ("seed", nil),
      ("seed", "9223372036854775808"), ("best_elbo", "1e999"),
      ("seed", "-1"), ("best_elbo", "nan"), ("best_elbo", "good"),
    ]
    for (key, text) in entries {
      try rewrite(run, key: key, text: text)
      expectFileError(.malformed, [key]) { try trainer.resume() }
    }
    try rewrite(run, key: "format", text: "something else")
    expectFileError(.mismatch, ["not a checkpoint"]) { try trainer.resume() }
  }

  @Test("A step that leaves no room for the steps to come is malformed; such a run is refused")
  func stepRoom() throws {
    var run = try Self.trained()
    run.configuration.epochs = 3
    for (step, isRoom) in [(4_294_967_295, false), (4_294_967_288, false), (4_294_967_287, true)] {
      try rewrite(run, key: "step", text: "\(step)")
      let trainer = try run.trainer(TestDevice.cpu[0].open())
      if isRoom {
        try trainer.resume()
        // All 32 bits of the number of the last step are used.
        #expect(try trainer.train() == .completed && trainer.progress.step == 4_294_967_295)
      } else {
        expectFileError(.malformed, ["its step \(step)"]) { try trainer.resume() }
      }
    }
    run.configuration.maxSteps = 2_000_000_000
    try rewrite(run, key: "step", text: "4294967295")
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    try trainer.resume()
    #expect(try trainer.train() == .completed)
    var configuration = RunConfiguration.small
    configuration.batchSize = 1
    configuration.epochs = 1_000_000
    let many = TestImages.dataset(train: 4295, side: 1)
    configuration.latent = 1
    let error = #expect(throws: ConfigurationError.self) {
      _ = try Trainer(configuration, data: many, device: TestDevice.cpu[0].open())
    }
    #expect(error?.key == "epochs")
    configuration.maxSteps = 5
    _ = try Trainer(configuration, data: many, device: TestDevice.cpu[0].open())
  }

  @Test("A second moment below zero is malformed, a first one is not")
  func negativeMoments() throws {
    let run = try Self.trained()
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    try trainer.resume()
    var checkpoint = try trainer.checkpoint()
    checkpoint.firstMoments[2][1] = -1
    checkpoint.secondMoments[2][1] = -0.0
    try checkpoint.write(to: run.directory.last, layout: trainer.vae.layout)
    try trainer.resume()
    checkpoint.secondMoments[2][1] = -1e-30
    try checkpoint.write(to: run.directory.last, layout: trainer.vae.layout)
    expectFileError(.malformed, ["optimizer.second_moment.encoder.1.weight", "negative"]) {
      try trainer.resume()
    }
  }

  @Test("A flipped bit of a tensor is malformed and names it; a checkpoint without sums loads")
  func checksums() throws {
    let run = try Self.trained()
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    let file = try SafeTensors.read(run.directory.last)
    #expect(file.metadata.keys.count { $0.hasPrefix("crc32.") } == file.entries.count + 1)
    let bytes = try contents(of: run.directory.last)
    let start = bytes.count - file.entries.map(\.range.upperBound).max()!
    for name in [
      "encoder.0.weight", "likelihood.bias", "optimizer.first_moment.posterior.weight",
      "optimizer.second_moment.decoder.0.bias",
    ] {
      var damaged = bytes
      damaged[start + (try #require(file.entry(named: name))).range.lowerBound] ^= 1
      _ = try run.scratch.file("run/checkpoints/last.safetensors", damaged)
      expectFileError(.malformed, [run.directory.last, "tensor \"\(name)\"", "CRC-32"]) {
        try trainer.resume()
      }
    }
    try rewrite(run, key: "none", text: nil)
    try trainer.resume()
    #expect(trainer.progress.step == 4)
  }

  @Test("A checkpoint that holds NaN is malformed", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    let run = try Self.trained()
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    try trainer.resume()
    for part in 0..<3 {
      var checkpoint = try trainer.checkpoint()
      switch part {
      case 0: checkpoint.weights[2][1] = value
      case 1: checkpoint.firstMoments[2][1] = value
      default: checkpoint.secondMoments[2][1] = value
      }
      try checkpoint.write(to: run.directory.last, layout: trainer.vae.layout)
      expectFileError(.malformed, ["encoder.1.weight", "not finite"]) { try trainer.resume() }
    }
  }

  @Test("Weights from elsewhere are no checkpoint; a run without any begins anew")
  func notACheckpoint() throws {
    let run = try Self.trained()
    let layout = try run.trainer(TestDevice.cpu[0].open()).vae.layout
    expectFileError(.mismatch, ["vae-gpu import"]) {
      _ = try Checkpoint.read(Fixtures.directory + "/import-tiny.safetensors", layout: layout)
    }
    expectFileError(.missing) {
      _ = try Checkpoint.read(run.scratch.file("none"), layout: layout)
    }
    try FileManager.default.removeItem(atPath: run.directory.last)
    try FileManager.default.removeItem(atPath: run.directory.best)
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    try trainer.resume()
    #expect(trainer.progress == TrainingProgress() && trainer.resumedFrom == nil)
    // What cannot be looked at is not taken for missing.
    #expect(symlink("last.safetensors", run.directory.last) == 0)
    expectFileError(.unreadable, [run.directory.last]) { try trainer.resume() }
  }

  /// A run of one epoch on its disk.
  private static func trained() throws -> TestRun {
    var run = try TestRun()
    run.configuration.epochs = 1
    try run.finish(TestDevice.cpu[0].open())
    return run
  }

  /// Writes `last` anew, without checksums, with one entry of its metadata changed or left out.
  private func rewrite(_ run: TestRun, key: String, text: String?) throws {
    let file = try SafeTensors.read(run.directory.best)
    var metadata = file.metadata.filter { !$0.key.hasPrefix("crc32.") }
    metadata[key] = text
    try SafeTensors.write(
      tensors: file.entries.map { ($0.name, $0.shape, try file.floats(named: $0.name)) },
      metadata: metadata.map { ($0.key, $0.value) }, to: run.directory.last)
  }
}
