import Compute

/// One operation: its shapes, its one command and its derivative, all in one file under Ops/.
package protocol Operation {
  /// The name in traces and messages.
  var name: String { get }
  /// Output types from input types. Traps on shapes that do not fit: a programmer's mistake.
  func outputs(_ inputs: [TensorType]) -> [TensorType]
  /// The command that computes the outputs.
  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command
  /// Records the gradient of each input from the gradients of the outputs; nil where there is none.
  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?]
  /// Positions of inputs that the command changes in place.
  var updatedInputs: [Int] { get }
  /// This operation with the producer of one of its inputs folded in: the producer's inputs take the place of that input,
  /// which gives `inputs`. nil where that cannot be.
  func absorbing(_ producer: any Operation, at position: Int, inputs: [Tensor]) -> (any Operation)?
  /// This operation and one that reads the first of its inputs, as one: its own outputs, then the other's. nil where that
  /// cannot be.
  func joined(with other: any Operation) -> (any Operation)?
  /// Whether what reads the output may do this itself although others read it too: it costs little.
  var isRepeatable: Bool { get }
  /// Whether the command has a matrix that lies as images (`MatrixMultiply.images`), which not every device takes.
  var multipliesImages: Bool { get }
  /// What the command moves and computes. Without one of its own: the bytes of all inputs and outputs (Work.swift).
  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work
}

extension Operation {
  package var updatedInputs: [Int] { [] }
  package var isRepeatable: Bool { false }
  package var multipliesImages: Bool { false }
  package func absorbing(
    _ producer: any Operation, at position: Int, inputs: [Tensor]
  ) -> (any Operation)? { nil }
  package func joined(with other: any Operation) -> (any Operation)? { nil }
  package func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    inputs.map { _ in nil }
  }

  /// A launch whose arguments are the tensors in order, then the values.
  ///
  /// - Parameter follows: epilogues of the product behind the first tensor that another version of the kernel does first.
  func launch(
    _ kernel: String, _ tensors: [BoundTensor], _ values: [KernelArgument], _ size: LaunchSize,
    follows: MatrixEpilogue.Family? = nil
  ) -> Command {
    .kernel(KernelLaunch(kernel, tensors.map(\.argument) + values, size, follows: follows))
  }
}
