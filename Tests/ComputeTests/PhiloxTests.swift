import Compute
import Foundation
import Testing

/// Philox on the host, against known answers of the paper's authors and of NumPy (Tests/Fixtures/philox.json).
@Suite("Philox on the host") struct PhiloxTests {
  private struct File: Decodable {
    struct KnownAnswer: Decodable {
      let counter, key, output: [UInt32]
    }
    struct Stream: Decodable {
      let seed: String
      let purpose, step, sample: UInt32
      let words: [UInt32]
      let uniforms: [Double]
    }
    struct Permutation: Decodable {
      let seed: UInt64
      let epoch: UInt32
      let count: Int
      let order: [UInt32]
    }
    let knownAnswers: [KnownAnswer]
    let streams: [Stream]
    let permutations: [Permutation]
  }

  private let file: File

  init() throws {
    let tests = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appendingPathComponent("Fixtures/philox.json"))
    file = try JSONDecoder().decode(File.self, from: data)
  }

  @Test func `the bare function gives the known answers`() {
    #expect(!file.knownAnswers.isEmpty)
    for answer in file.knownAnswers {
      #expect(Philox.words(counter: answer.counter, key: answer.key) == answer.output)
    }
  }

  @Test func `streams give the words and uniforms of the fixture`() throws {
    #expect(!file.streams.isEmpty)
    for stream in file.streams {
      let philox = Philox(
        seed: try #require(UInt64(stream.seed)),
        purpose: try #require(Philox.Purpose(rawValue: stream.purpose)), step: stream.step)
      let words = stream.words.indices.map {
        philox.word(element: UInt32($0), sample: stream.sample)
      }
      #expect(words == stream.words)
      #expect(
        philox.uniforms(count: stream.words.count, sample: stream.sample) == stream.uniforms)
      #expect(philox.words(block: 1, sample: stream.sample) == Array(stream.words[4..<8]))
    }
  }

  @Test func `permutations are those of the fixture`() {
    #expect(!file.permutations.isEmpty)
    for expected in file.permutations {
      let philox = Philox(seed: expected.seed, purpose: .shuffle, step: expected.epoch)
      #expect(philox.permutation(count: expected.count) == expected.order)
    }
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 63, 64, 1000, 4097])
  func `a permutation has every number once and depends on seed and epoch`(_ count: Int) {
    let order = Philox(seed: 3, purpose: .shuffle, step: 1).permutation(count: count)
    #expect(order.sorted() == Array(0..<UInt32(count)))
    guard count > 60 else { return }
    #expect(order != Philox(seed: 3, purpose: .shuffle, step: 2).permutation(count: count))
    #expect(order != Philox(seed: 4, purpose: .shuffle, step: 1).permutation(count: count))
    #expect(
      order != Philox(seed: 3 + 1 << 32, purpose: .shuffle, step: 1).permutation(count: count))
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 100])
  func `fewer uniforms are the beginning of more`(_ count: Int) {
    let philox = Philox(seed: 9, purpose: .initialisation)
    let uniforms = philox.uniforms(count: count)
    #expect(uniforms == Array(philox.uniforms(count: 128).prefix(count)))
    #expect(uniforms.allSatisfy { (0..<1).contains($0) })
  }

  @Test func `every part of the counter and the key makes another stream`() {
    let base = Philox(seed: 1, purpose: .trainingNoise, step: 1)
    let words = base.words(block: 1, sample: 1)
    #expect(words == base.words(block: 1, sample: 1))
    let others = [
      base.words(block: 2, sample: 1), base.words(block: 1, sample: 2),
      Philox(seed: 1, purpose: .trainingNoise, step: 2).words(block: 1, sample: 1),
      Philox(seed: 1, purpose: .priorSample, step: 1).words(block: 1, sample: 1),
      Philox(seed: 2, purpose: .trainingNoise, step: 1).words(block: 1, sample: 1),
      Philox(seed: 1 << 32 + 1, purpose: .trainingNoise, step: 1).words(block: 1, sample: 1),
    ]
    #expect(Set(others + [words]).count == others.count + 1)
  }
}
