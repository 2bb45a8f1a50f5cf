import Compute
import Foundation
import Graph
import TestSupport
import Testing

/// One row of the table: an operation, its inputs at a size n, and what it must compute. A row is all that a new
/// operation needs: correctness on every device, gradients, finite differences and determinism follow from it.
struct OpCase: Sendable {
  struct Input: Sendable {
    var shape: Shape
    var type: ElementType = .real
    var values: Values
    var isDifferentiable = false
  }

  /// Random values are float32 numbers, so that every device and the reference are given the same.
  indirect enum Values: Sendable {
    case uniform(Double, Double)
    /// Uniform magnitude, random sign: away from a kink at 0.
    case awayFromZero(Double, Double)
    case bits
    case bytes
    /// 8-bit pixels / 255, as float32.
    case pixels
    case permutation
    case fixed([Double])
    case zeros
    /// Rows of so many values, the first half of one kind and the second of another.
    case halves(of: Int, Values, Values)
  }

  let name: String
  var sizes = TestSizes.standard
  /// Largest relative error of float32 devices, values and gradients.
  var tolerance = 1e-5
  /// Largest relative error of the float64 backend against the formula.
  var formulaTolerance = 1e-10
  /// The inputs at size n.
  let inputs: @Sendable (_ n: Int) -> [Input]
  /// Records the operation and gives the tensors to look at: its outputs, or the inputs it updates.
  let record: @Sendable (_ graph: Graph, _ inputs: [Tensor], _ n: Int) -> [Tensor]
  /// The same tensors by formula, in float64.
  let formula: @Sendable (_ inputs: [[Double]], _ n: Int) -> [[Double]]
}

extension OpCase.Input {
  /// A real input with a gradient.
  static func real(_ shape: Shape, _ low: Double = -2, _ high: Double = 2) -> Self {
    Self(shape: shape, values: .uniform(low, high), isDifferentiable: true)
  }

  /// A real input without.
  static func constant(_ shape: Shape, _ low: Double = -2, _ high: Double = 2) -> Self {
    Self(shape: shape, values: .uniform(low, high))
  }

  var withoutGradient: Self {
    var input = self
    input.isDifferentiable = false
    return input
  }

  static func fixed(_ values: [Double]) -> Self {
    Self(shape: [values.count], values: .fixed(values))
  }

  static func fixed(_ values: [Double], _ shape: Shape, _ type: ElementType) -> Self {
    Self(shape: shape, type: type, values: .fixed(values))
  }

  /// The words of a step: seed, step, batch start, history slot, and three to spare.
  static let state = Self(
    shape: [StepState.words.count], type: .uint32, values: .fixed(StepState.words.map(Double.init)))

  /// The order of a data set of `count` images.
  static func order(_ count: Int) -> Self {
    Self(shape: [count], type: .uint32, values: .permutation)
  }

  func makeValues(_ generator: inout SeededGenerator) -> [Double] {
    switch values {
    case .uniform(let low, let high):
      return (0..<shape.count).map { _ in generator.real(low, high) }
    case .awayFromZero(let low, let high):
      return (0..<shape.count).map { _ in
        generator.real(low, high) * (generator.next() & 1 == 0 ? 1 : -1)
      }
    case .bits: return (0..<shape.count).map { _ in Double(generator.next() & 1) }
    case .bytes: return (0..<shape.count).map { _ in Double(generator.next() & 255) }
    case .pixels:
      return (0..<shape.count).map { _ in Double(Float(generator.next() & 255) / 255) }
    case .permutation: return (0..<shape.count).map(Double.init).shuffled(using: &generator)
    case .fixed(let values): return values
    case .zeros: return [Double](repeating: 0, count: shape.count)
    case .halves(let columns, let first, let second):
      let parts = [first, second].map { values in
        Self(shape: [shape.count / 2], values: values).makeValues(&generator)
      }
      return (0..<shape.count).map { index in
        let (row, j) = (index / columns, index % columns)
        return parts[j / (columns / 2)][row * columns / 2 + j % (columns / 2)]
      }
    }
  }
}

/// The state buffer that every case uses.
enum StepState {
  static let seedLow: UInt32 = 0x9ABC_DEF0
  static let seedHigh: UInt32 = 0x1234_5678
  static let step: UInt32 = 7
  static let batchStart = 3
  static let historySlot = 2
  static let words = [seedLow, seedHigh, step, UInt32(batchStart), UInt32(historySlot), 0, 0, 0]

  static func noise(_ purpose: Philox.Purpose) -> ReferencePhilox {
    ReferencePhilox(
      seedLow: seedLow, seedHigh: seedHigh, purpose: purpose.rawValue, step: step)
  }
}

/// A row of the table at one size, with its inputs.
struct OpInstance: Sendable, CustomTestStringConvertible {
  let op: OpCase
  let size: Int

  var testDescription: String { "\(op.name), n = \(size)" }
  var inputs: [OpCase.Input] { op.inputs(size) }

  func values() -> [[Double]] {
    inputs.enumerated().map { index, input in
      var generator = SeededGenerator("\(testDescription), input \(index)")
      return input.makeValues(&generator)
    }
  }

  /// Weights of an output's values in a scalar, for gradients.
  func seed(_ output: Int, count: Int) -> [Double] {
    var generator = SeededGenerator("\(testDescription), seed \(output)")
    return (0..<count).map { _ in generator.real(-0.5, 2) }
  }

  /// Rows that are asked for, at their sizes.
  static let all = OpCase.all.filter { TestNames.isSelected($0.name) }.flatMap { op in
    TestSizes.selected(op.sizes).map { OpInstance(op: op, size: $0) }
  }

  static let differentiable = all.filter { $0.inputs.contains(where: \.isDifferentiable) }
}
