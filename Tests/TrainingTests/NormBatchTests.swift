import Testing
import VAEGPU

/// Norms over one value have no meaning: they are refused, and no batch is too small for its norm.
@MainActor struct NormBatchTests {
  @Test(
    "An epoch's batches use every image once, and none is too small",
    arguments: 1...20, [1, 2, 3, 8, 64])
  func layout(images: Int, size: Int) {
    for smallest in 1...min(size, images, 2) {
      let batches = Batches(images: images, size: size, smallest: smallest)
      var (rows, positions): ([Int], [Int]) = ([], [0])
      while positions[rows.count] < images {
        rows.append(batches.rows(at: positions[rows.count]))
        positions.append(positions[rows.count - 1] + rows[rows.count - 1])
      }
      #expect(positions.last == images && rows.count == batches.count)
      #expect(rows.allSatisfy { $0 >= smallest && $0 < size + smallest })
      #expect(rows.dropLast().allSatisfy { $0 == size })
      #expect(Set(rows) == Set(batches.sizes) && batches.sizes.count <= 2)
      for step in 0...(2 * rows.count) {
        let (epoch, within) = step.quotientAndRemainder(dividingBy: rows.count)
        #expect(batches.images(after: step) == epoch * images + positions[within])
      }
    }
  }

  @Test(
    "A last batch of one image joins the one before it where a norm would have one value",
    arguments: TestDevice.backends)
  func joined(device: TestDevice) throws {
    let data = TestImages.dataset(train: 17)
    let trainer = try Trainer(Self.configuration(), data: data, device: device.open())
    var rows: [Int] = []
    var before = 0
    try trainer.lines { _ in
      rows.append((trainer.progress.position - before + 17) % 17)
      before = trainer.progress.position % 17
    }
    #expect(rows == [8, 9, 8, 9, 8, 9])
    #expect(trainer.progress.step == 6)
    // With a norm of several places, or without one, the last image stays alone.
    for change in [{ $0.convolution.channels = [3] }, { $0.convolution.norm = .none }]
      as [(inout RunConfiguration) -> Void]
    {
      var other = Self.configuration()
      change(&other)
      #expect(try Trainer(other, data: data, device: device.open()).batches.sizes == [8, 1])
    }
  }

  @Test("Weights and running statistics are those of the larger batch")
  func equalsLargerBatch() throws {
    let data = TestImages.dataset(train: 9)
    let weights = try [8, 9].map { size in
      var configuration = Self.configuration()
      configuration.batchSize = size
      let trainer = try Trainer(configuration, data: data, device: TestDevice.cpu[1].open())
      try trainer.train()
      #expect(trainer.progress.step == 3)
      return try trainer.vae.weights()
    }
    #expect(weights[0] == weights[1])
  }

  @Test("A run stopped before a joined batch goes on as if it had not been")
  func resume() throws {
    let data = TestImages.dataset(train: 17)
    let whole = try TestRun(Self.configuration(), data: data)
    try whole.finish(TestDevice.cpu[1].open())
    for stop in 1...8 {
      let run = try TestRun(Self.configuration(), data: data)
      var calls = 0
      let end = try run.trainer(TestDevice.cpu[1].open()).train(shouldStop: {
        calls += 1
        return calls == stop
      })
      #expect(end == .interrupted)
      try run.finish(TestDevice.cpu[1].open())
      #expect(try run.checkpoints() == whole.checkpoints(), "stop \(stop)")
    }
  }

  @Test("A batch norm of a 1 x 1 map needs two images")
  func refusedBatches() throws {
    var configuration = Self.configuration()
    configuration.batchSize = 1
    for (key, images) in [("batch-size", 17), ("norm", 1)] {
      let error = #expect(throws: ConfigurationError.self) {
        try Trainer(
          configuration, data: TestImages.dataset(train: images), device: TestDevice.cpu[1].open())
      }
      #expect(error?.key == key && error?.problem.contains("encoder.1.norm") == true)
      configuration.batchSize = 8
    }
    configuration.batchSize = 2
    _ = try Trainer(
      configuration, data: TestImages.dataset(train: 2), device: TestDevice.cpu[1].open())
  }

  @Test("A group norm of one value a group is refused", arguments: [1, 4, 8, 9, 11, 16])
  func refusedGroups(channels: Int) throws {
    var model = ModelConfiguration(
      model: "conv", image: ImageShape(height: 6, width: 6), hidden: [], latent: 2)
    model.convolution.channels = [4, channels]
    model.convolution.norm = .group
    guard channels <= 8 else {
      // The groups have two values or more, so images keep posteriors of their own.
      let vae = try VAE(model, device: TestDevice.cpu[1].open(), seed: 1)
      let images = try TestImages.set(.test, count: 2, side: 6).inputs(0..<2, binarization: .none)
      let posteriors = try vae.encode(images)
      #expect(Array(posteriors.prefix(4)) != Array(posteriors.suffix(4)))
      return
    }
    let error = #expect(throws: ConfigurationError.self) {
      try VAE(model, device: TestDevice.cpu[1].open())
    }
    #expect(error?.key == "norm" && error?.problem.contains("more than 8 channels") == true)
  }

  /// Two convolutions that leave a map of 1 x 1.
  private static func configuration() -> RunConfiguration {
    var configuration = RunConfiguration.small
    configuration.model = "conv"
    configuration.hidden = []
    configuration.convolution.channels = [3, 4]
    configuration.convolution.norm = .batch
    return configuration
  }
}
