import Compute

/// A recording of operations in order. Shapes are static; gradients are more recording. Not thread-safe.
package final class Graph {
  package struct Node {
    package let operation: any Operation
    package let inputs: [Tensor]
    package let outputs: [Tensor]
  }

  package private(set) var nodes: [Node] = []
  package private(set) var placements: [Int: Placement] = [:]
  package private(set) var constants: [Int: [Double]] = [:]
  private var producers: [Int: Int] = [:]
  private var labels: [Int: String] = [:]
  private var tensorCount = 0

  package init() {}

  /// A tensor that lives in a storage of the caller: an input, a parameter, a state.
  package func placed(
    _ shape: Shape, _ type: ElementType = .real, in storage: String, offset: Int = 0,
    label: String? = nil
  ) -> Tensor {
    let tensor = makeTensor(TensorType(shape, type))
    placements[tensor.id] = Placement(storage: storage, offset: offset)
    labels[tensor.id] = label ?? storage
    return tensor
  }

  /// A tensor of fixed values, uploaded when a program is made.
  package func constant(_ values: [Double], shape: Shape) -> Tensor {
    precondition(values.count == shape.count, "\(values.count) values for the shape \(shape)")
    let tensor = makeTensor(TensorType(shape))
    constants[tensor.id] = values
    return tensor
  }

  /// Records an operation and gives its outputs.
  package func record(_ operation: any Operation, _ inputs: [Tensor], label: String? = nil)
    -> [Tensor]
  {
    precondition(
      inputs.allSatisfy { $0.graph === self }, "\(operation.name): tensor of another graph")
    let types = operation.outputs(inputs.map { TensorType($0.shape, $0.type) })
    let outputs = types.map { makeTensor($0) }
    for tensor in outputs {
      producers[tensor.id] = nodes.count
      if let label { labels[tensor.id] = label }
    }
    nodes.append(Node(operation: operation, inputs: inputs, outputs: outputs))
    return outputs
  }

  /// Puts the result of an operation into a storage of the caller instead of the arena.
  package func place(_ tensor: Tensor, in storage: String, offset: Int, label: String) {
    precondition(
      placements[tensor.id] == nil && producers[tensor.id] != nil, "\(label): already placed")
    placements[tensor.id] = Placement(storage: storage, offset: offset)
    labels[tensor.id] = label
  }

  /// Whether a tensor already has a place of its own, or no operation of this graph makes it: `place` then needs a copy.
  package func isShared(_ tensor: Tensor) -> Bool {
    placements[tensor.id] != nil || producers[tensor.id] == nil
  }

  /// Names a tensor for messages.
  package func label(_ tensor: Tensor, _ text: String) { labels[tensor.id] = text }

  /// The name of a tensor in messages: its label, or the operation that makes it.
  package func label(of tensor: Tensor) -> String {
    labels[tensor.id] ?? producers[tensor.id].map { nodes[$0].operation.name } ?? "constant"
  }

  package func producer(of tensor: Tensor) -> Int? { producers[tensor.id] }
  package func isPlaced(_ tensor: Tensor) -> Bool { placements[tensor.id] != nil }

  private func makeTensor(_ type: TensorType) -> Tensor {
    defer { tensorCount += 1 }
    return Tensor(id: tensorCount, shape: type.shape, type: type.type, graph: self)
  }
}
