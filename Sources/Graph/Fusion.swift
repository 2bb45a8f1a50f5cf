/// Makes fewer, larger operations of a recording, with the same results to the last bit.
///
/// Two rules, and the operations say what they can do: an operation absorbs the producer of an input that nothing else
/// reads (`Operation.absorbing`), and two operations that read the same inputs become one (`Operation.joined`).
struct Fusion {
  private(set) var nodes: [Graph.Node]
  private let graph: Graph
  private let kept: Set<Int>

  /// - Parameters:
  ///   - nodes: the operations that matter, in recorded order.
  ///   - outputs: tensors that must exist afterwards.
  static func apply(to nodes: [Graph.Node], of graph: Graph, outputs: [Tensor]) -> [Graph.Node] {
    var fusion = Fusion(nodes: nodes, graph: graph, kept: Set(outputs.map(\.id)))
    while fusion.absorbOnce() {}
    while fusion.joinOnce() {}
    return Schedule.order(fusion.nodes, of: graph)
  }

  private mutating func absorbOnce() -> Bool {
    for (index, node) in nodes.enumerated() {
      for (position, input) in node.inputs.enumerated() {
        guard let producer = producer(onlyFor: index, of: input),
          let operation = node.operation.absorbing(nodes[producer].operation, at: position)
        else { continue }
        var inputs = node.inputs
        inputs.replaceSubrange(position...position, with: nodes[producer].inputs)
        nodes[index] = Graph.Node(operation: operation, inputs: inputs, outputs: node.outputs)
        nodes.remove(at: producer)
        return true
      }
    }
    return false
  }

  /// The node that makes `tensor`, if that is all it makes and node `reader` is the only one to read it.
  private func producer(onlyFor reader: Int, of tensor: Tensor) -> Int? {
    guard !kept.contains(tensor.id), !graph.isPlaced(tensor),
      let producer = nodes.firstIndex(where: { $0.outputs == [tensor] }),
      nodes.enumerated().allSatisfy({ $0.offset == reader || !$0.element.inputs.contains(tensor) }),
      nodes[reader].inputs.filter({ $0 == tensor }).count == 1
    else { return nil }
    return producer
  }

  private mutating func joinOnce() -> Bool {
    for (index, node) in nodes.enumerated() {
      for (other, candidate) in nodes.enumerated() where other != index {
        guard node.inputs.starts(with: candidate.inputs),
          let operation = node.operation.joined(with: candidate.operation),
          !depends(node, on: candidate)
        else { continue }
        nodes[min(index, other)] = Graph.Node(
          operation: operation, inputs: node.inputs, outputs: node.outputs + candidate.outputs)
        nodes.remove(at: max(index, other))
        return true
      }
    }
    return false
  }

  /// Whether a node reads something that comes of another's outputs.
  private func depends(_ node: Graph.Node, on other: Graph.Node) -> Bool {
    var reached = Set(other.outputs.map(\.id))
    var grows = true
    while grows {
      grows = false
      for next in nodes where next.inputs.contains(where: { reached.contains($0.id) }) {
        for output in next.outputs where reached.insert(output.id).inserted { grows = true }
      }
    }
    return node.inputs.contains { reached.contains($0.id) }
  }
}
