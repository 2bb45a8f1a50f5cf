import Compute

/// What one launch moves and computes, by its shapes alone: caches are not looked at.
package struct Work: Sendable, Equatable {
  /// Bytes read and written.
  package var byteCount: Int
  /// Floating-point operations: 2 m n k of a matrix product, 0 for what is bound by memory.
  package var floatingPointOperations = 0

  package init(byteCount: Int, floatingPointOperations: Int = 0) {
    self.byteCount = byteCount
    self.floatingPointOperations = floatingPointOperations
  }

  package static func + (a: Work, b: Work) -> Work {
    Work(
      byteCount: a.byteCount + b.byteCount,
      floatingPointOperations: a.floatingPointOperations + b.floatingPointOperations)
  }
}

extension Operation {
  package func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs))
  }

  /// Bytes of the inputs and outputs; inputs that change in place count twice.
  ///
  /// - Parameter partial: the bytes that the command touches of an input that it does not read whole, by position.
  func bytesMoved(
    inputs: [BoundTensor], outputs: [BoundTensor], partial: [Int: Int] = [:]
  ) -> Int {
    let touched = inputs.indices.map { partial[$0] ?? inputs[$0].view.byteCount }
    let read = touched.reduce(0, +)
    let updated = updatedInputs.reduce(0) { $0 + touched[$1] }
    return outputs.reduce(read + updated) { $0 + $1.view.byteCount }
  }
}
