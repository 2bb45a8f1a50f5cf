/// Puts operations in an order in which each comes after what it needs, as near to the given one as that allows.
enum Schedule {
  static func order(_ nodes: [Graph.Node], of graph: Graph) -> [Graph.Node] {
    var waiting = dependencies(of: nodes, in: graph)
    var remaining = Array(nodes.indices)
    var ordered: [Graph.Node] = []
    while !remaining.isEmpty {
      guard let next = remaining.firstIndex(where: { waiting[$0].isEmpty }) else {
        preconditionFailure("operations that wait for each other")
      }
      let index = remaining.remove(at: next)
      ordered.append(nodes[index])
      for other in remaining { waiting[other].remove(index) }
    }
    return ordered
  }

  /// The positions of the operations that each must wait for: those that make what it reads, and those before it that
  /// share memory with it.
  static func dependencies(of nodes: [Graph.Node], in graph: Graph) -> [Set<Int>] {
    let accesses = nodes.map { Access($0, of: graph) }
    return nodes.indices.map { index in
      Set(
        nodes.indices.filter { other in
          other != index
            && (accesses[index].needs(accesses[other])
              || other < index && accesses[index].conflicts(with: accesses[other]))
        })
    }
  }

  /// What an operation reads and writes: tensors by number, and ranges of the caller's storages, where two tensors may
  /// overlap.
  struct Access {
    private struct Region {
      let tensor: Int
      let storage: String
      let range: Range<Int>
      let isWritten: Bool
    }

    private let inputs: Set<Int>
    private let outputs: Set<Int>
    private let regions: [Region]

    init(_ node: Graph.Node, of graph: Graph) {
      inputs = Set(node.inputs.map(\.id))
      outputs = Set(node.outputs.map(\.id))
      let updated = Set(node.operation.updatedInputs)
      let tensors =
        node.inputs.enumerated().map { ($0.element, updated.contains($0.offset)) }
        + node.outputs.map { ($0, true) }
      regions = tensors.compactMap { tensor, isWritten in
        graph.placements[tensor.id].map {
          Region(
            tensor: tensor.id, storage: $0.storage,
            range: $0.offset..<($0.offset + max(tensor.shape.count, 1)),
            isWritten: isWritten)
        }
      }
    }

    func needs(_ other: Access) -> Bool { !inputs.isDisjoint(with: other.outputs) }

    /// Whether one writes memory that the other reads or writes.
    func conflicts(with other: Access, exceptInOneTensor: Bool = false) -> Bool {
      regions.contains { a in
        other.regions.contains { b in
          (a.isWritten || b.isWritten) && a.storage == b.storage && a.range.overlaps(b.range)
            && !(exceptInOneTensor && a.tensor == b.tensor)
        }
      }
    }
  }
}
