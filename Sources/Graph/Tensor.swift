import Compute

/// A symbolic value of a graph: a shape and an element type, no memory and no device.
package struct Tensor: Hashable {
  package let id: Int
  package let shape: Shape
  package let type: ElementType
  package unowned let graph: Graph

  /// The same values in another shape of as many elements: no operation, the same memory. Two shapes of a tensor are equal.
  package func viewed(as shape: Shape) -> Tensor {
    precondition(shape.count == self.shape.count, "\(self.shape) viewed as \(shape)")
    return Tensor(id: id, shape: shape, type: type, graph: graph)
  }

  package static func == (a: Tensor, b: Tensor) -> Bool { a.id == b.id && a.graph === b.graph }
  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// The shape and element type of an operation's input or output.
package struct TensorType: Equatable {
  package var shape: Shape
  package var type: ElementType

  package init(_ shape: Shape, _ type: ElementType = .real) {
    self.shape = shape
    self.type = type
  }
}

/// A tensor with memory on a device.
package struct BoundTensor {
  package let shape: Shape
  package let view: BufferView

  package var argument: KernelArgument { .buffer(view) }
  package var count: Int { shape.count }
}

/// Where a tensor lives when it is not an intermediate of the arena: an element offset in a named storage, which the
/// caller binds to a buffer.
package struct Placement: Hashable {
  package let storage: String
  package let offset: Int
}
