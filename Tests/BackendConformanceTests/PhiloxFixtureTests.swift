import Compute
import Graph
import Testing

/// The layout of philox.json.
struct PhiloxFixture: Decodable {
  struct KnownAnswer: Decodable {
    let counter, key, output: [UInt32]
  }
  struct Stream: Decodable {
    let seed: String
    let purpose, step: UInt32
    let sample: Int
    let words: [UInt32]
    let uniforms, normals: [Double]
  }
  struct Binarization: Decodable {
    struct Edge: Decodable {
      let word: UInt32
      let pixel, value: Int
    }
    let seed: UInt64
    let purpose: UInt32
    let step, sample: Int
    let pixels, values: [Double]
    let edges: [Edge]
  }
  let knownAnswers: [KnownAnswer]
  let streams: [Stream]
  let binarization: Binarization
}

@Suite("Philox") @MainActor struct PhiloxFixtureTests {
  private let file: PhiloxFixture

  init() throws { file = try Fixture.load("philox.json", as: PhiloxFixture.self) }

  /// What the table's formulas rest on.
  @Test func `the reference of this suite gives the known answers`() throws {
    for answer in file.knownAnswers {
      let reference = ReferencePhilox(
        seedLow: answer.key[0], seedHigh: answer.key[1], purpose: answer.counter[3],
        step: answer.counter[2])
      #expect(
        reference.words(block: Int(answer.counter[0]), sample: Int(answer.counter[1]))
          == answer.output)
      #expect(Philox.words(counter: answer.counter, key: answer.key) == answer.output)
    }
    for stream in file.streams {
      let reference = try self.reference(stream)
      for (element, word) in stream.words.enumerated() {
        #expect(reference.word(element, sample: stream.sample) == word)
        let normal = reference.normal(element, sample: stream.sample)
        #expect(abs(normal - stream.normals[element]) <= 1e-14)
      }
    }
    for edge in file.binarization.edges {
      #expect(ReferencePhilox.isSet(word: edge.word, pixel: edge.pixel) == (edge.value == 1))
    }
  }

  @Test(arguments: TestDevice.all)
  func `noise of a device equals that of NumPy`(_ device: TestDevice) throws {
    let backend = try device.open()
    for stream in file.streams {
      let seed = try #require(UInt64(stream.seed))
      let purpose = try #require(Philox.Purpose(rawValue: stream.purpose))
      let recording = Recording()
      let state = recording.state(
        seed: seed, step: Int(stream.step), batchStart: stream.sample)
      let shape: Shape = [1, stream.words.count]
      let outputs = [
        recording.graph.uniformNoise(shape, state: state, purpose: purpose),
        recording.graph.normalNoise(shape, state: state, purpose: purpose),
      ]
      let results = try recording.run(outputs, on: backend)
      #expect(results[0] == stream.uniforms)
      expectClose(results[1], stream.normals, "normals of sample \(stream.sample)")
    }
  }

  @Test(arguments: TestDevice.all)
  func `noise of a posterior is that of its image`(_ device: TestDevice) throws {
    for stream in file.streams {
      let seed = try #require(UInt64(stream.seed))
      let purpose = try #require(Philox.Purpose(rawValue: stream.purpose))
      let recording = Recording()
      // Mean 0 and log-variance 0: z is the noise, bit for bit.
      let latents = stream.words.count
      let posterior = recording.input(
        [Double](repeating: 0, count: 2 * latents), [1, 2 * latents])
      let order = recording.input([9, Double(stream.sample)], [2], .uint32)
      let state = recording.state(seed: seed, step: Int(stream.step), batchStart: 1)
      let (z, kl) = recording.graph.reparameterise(
        posterior, order: order, state: state, purpose: purpose)
      let results = try recording.run([z, kl], on: try device.open())
      expectClose(results[0], stream.normals, "z of sample \(stream.sample)")
      #expect(abs(results[1][0]) <= 1e-6)
    }
  }

  @Test(arguments: TestDevice.all)
  func `binarisation equals that of NumPy`(_ device: TestDevice) throws {
    let expected = file.binarization
    let columns = expected.pixels.count
    let purpose = try #require(Philox.Purpose(rawValue: expected.purpose))
    let recording = Recording()
    let blank = [Double](repeating: 0, count: expected.sample * columns)
    let pixels = recording.input(
      blank + expected.pixels, [expected.sample + 1, columns], .uint8)
    let order = recording.input([Double(expected.sample)], [1], .uint32)
    let x = recording.graph.gatherImages(
      pixels, order: order, state: recording.state(seed: expected.seed, step: expected.step),
      rows: 1, binarization: .dynamic, purpose: purpose, split: 0)
    #expect(try recording.run([x], on: try device.open())[0] == expected.values)
  }

  private func reference(_ stream: PhiloxFixture.Stream) throws -> ReferencePhilox {
    let seed = try #require(UInt64(stream.seed))
    return ReferencePhilox(
      seedLow: UInt32(truncatingIfNeeded: seed), seedHigh: UInt32(truncatingIfNeeded: seed >> 32),
      purpose: stream.purpose, step: stream.step)
  }
}
