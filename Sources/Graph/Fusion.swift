/// Makes fewer, larger operations of a recording, with the same results to the last bit.
///
/// Two rules, and the operations say what they can do: an operation absorbs the producer of an input that nothing else
/// reads, or that each reader may repeat (`Operation.absorbing`), and two operations that read the same inputs become one (`Operation.joined`).
struct Fusion {
  private(set) var nodes: [Graph.Node]
  private let graph: Graph
  private let kept: Set<Int>
  private let multipliesImages: Bool

  /// - Parameters:
  ///   - nodes: the operations that matter, in recorded order.
  ///   - outputs: tensors that must exist afterwards.
  ///   - multipliesImages: whether the device takes products with images.
  static func apply(
    to nodes: [Graph.Node], of graph: Graph, outputs: [Tensor], multipliesImages: Bool
  ) -> [Graph.Node] {
    var fusion = Fusion(
      nodes: nodes, graph: graph, kept: Set(outputs.map(\.id)), multipliesImages: multipliesImages)
    while fusion.absorbOnce() {}
    while fusion.joinOnce() {}
    return Schedule.order(fusion.nodes, of: graph)
  }

  private mutating func absorbOnce() -> Bool {
    for (index, node) in nodes.enumerated() {
      for (position, input) in node.inputs.enumerated() {
        guard let producer = producer(for: index, of: input), canMove(producer, into: index),
          nodes[producer].outputs[0].shape == input.shape
        else { continue }
        var inputs = node.inputs
        inputs.replaceSubrange(position...position, with: nodes[producer].inputs)
        guard
          let operation = node.operation.absorbing(
            nodes[producer].operation, at: position, inputs: inputs),
          multipliesImages || !operation.multipliesImages
        else { continue }
        nodes[index] = Graph.Node(operation: operation, inputs: inputs, outputs: node.outputs)
        if !nodes.contains(where: { $0.inputs.contains(input) }) { nodes.remove(at: producer) }
        return true
      }
    }
    return false
  }

  /// The node that makes `tensor`, if that is all it makes and node `reader` is the only one to read it, or each that does may
  /// repeat it.
  private func producer(for reader: Int, of tensor: Tensor) -> Int? {
    guard !kept.contains(tensor.id), !graph.isPlaced(tensor),
      let producer = nodes.firstIndex(where: { $0.outputs == [tensor] }),
      nodes[producer].operation.isRepeatable
        || nodes.enumerated().allSatisfy({
          $0.offset == reader || !$0.element.inputs.contains(tensor)
        }),
      nodes[reader].inputs.filter({ $0 == tensor }).count == 1
    else { return nil }
    return producer
  }

  private mutating func joinOnce() -> Bool {
    for (index, node) in nodes.enumerated() {
      for (other, candidate) in nodes.enumerated() where other != index {
        guard node.inputs.starts(with: candidate.inputs),
          zip(node.inputs, candidate.inputs).allSatisfy({ $0.shape == $1.shape }),
          let operation = node.operation.joined(with: candidate.operation),
          canMeet(index, other)
        else { continue }
        nodes[min(index, other)] = Graph.Node(
          operation: operation, inputs: node.inputs, outputs: node.outputs + candidate.outputs)
        nodes.remove(at: max(index, other))
        return true
      }
    }
    return false
  }

  /// Whether a node can run as late as the one that reads what it makes. What the two name by one tensor, such as
  /// scalars that one reads and the other changes, is known to the operation that does the work of both.
  private func canMove(_ producer: Int, into reader: Int) -> Bool {
    let access = Schedule.Access(nodes[producer], of: graph)
    return isUndisturbed(producer, in: producer..<reader)
      && !access.conflicts(
        with: Schedule.Access(nodes[reader], of: graph), exceptInOneTensor: true)
  }

  /// Whether two nodes can run as one: neither needs the other, directly or by way of a third, and what lies between
  /// them shares no memory with either.
  private func canMeet(_ a: Int, _ b: Int) -> Bool {
    let range = min(a, b)..<(max(a, b) + 1)
    guard isUndisturbed(a, in: range), isUndisturbed(b, in: range) else { return false }
    let waiting = Schedule.dependencies(of: nodes, in: graph)
    return !Self.reaches(a, from: b, waiting) && !Self.reaches(b, from: a, waiting)
  }

  /// Whether no node of a range writes memory of the caller that a node uses, or uses what it writes there.
  private func isUndisturbed(_ index: Int, in range: Range<Int>) -> Bool {
    let access = Schedule.Access(nodes[index], of: graph)
    return range.allSatisfy {
      $0 == index || !access.conflicts(with: Schedule.Access(nodes[$0], of: graph))
    }
  }

  /// Whether a node waits for another, directly or not.
  private static func reaches(_ target: Int, from start: Int, _ waiting: [Set<Int>]) -> Bool {
    var reached: Set<Int> = []
    var open = [start]
    while let node = open.popLast() {
      for next in waiting[node] where reached.insert(next).inserted { open.append(next) }
    }
    return reached.contains(target)
  }
}
