import Compute

/// What a program will do: the nodes that matter, in recorded order, and a place in one arena for every intermediate.
package struct Plan {
  /// Indices into the graph's nodes.
  package let nodes: [Int]
  /// Byte offset in the arena of each intermediate.
  package let offsets: [Int: Int]
  /// Bytes of the arena.
  package let arenaByteCount: Int

  /// Nodes matter if an output is asked for, lives in a storage of the caller, or an input is changed in place; and
  /// whatever these need. The rest is dropped.
  package init(_ graph: Graph, outputs: [Tensor], realType: RealType) {
    nodes = Plan.liveNodes(graph, outputs: outputs)
    let intervals = Plan.lifetimes(graph, nodes: nodes, outputs: outputs)
    var offsets: [Int: Int] = [:]
    var placed: [Interval] = []
    var end = 0
    // Largest first, each at the lowest offset that no tensor alive at the same time covers.
    for var interval in intervals.sorted(by: { ($1.byteCount, $0.id) < ($0.byteCount, $1.id) }) {
      interval.byteCount = BufferView.aligned(interval.byteCount * realType.byteCount)
      var offset = 0
      let overlapping = placed.filter { $0.first <= interval.last && interval.first <= $0.last }
      for other in overlapping.sorted(by: { $0.offset < $1.offset }) {
        if offset + interval.byteCount <= other.offset { break }
        offset = max(offset, other.offset + other.byteCount)
      }
      interval.offset = offset
      offsets[interval.id] = offset
      end = max(end, offset + interval.byteCount)
      placed.append(interval)
    }
    self.offsets = offsets
    arenaByteCount = end
  }

  private struct Interval {
    let id: Int
    let first: Int
    var last: Int
    /// Elements at first, then bytes.
    var byteCount: Int
    var offset = 0
  }

  private static func liveNodes(_ graph: Graph, outputs: [Tensor]) -> [Int] {
    var needed = Set(outputs.map(\.id))
    var live: [Int] = []
    for index in graph.nodes.indices.reversed() {
      let node = graph.nodes[index]
      let matters =
        !node.operation.updatedInputs.isEmpty
        || node.outputs.contains { needed.contains($0.id) || graph.isPlaced($0) }
      guard matters else { continue }
      live.append(index)
      needed.formUnion(node.inputs.map(\.id))
    }
    return live.reversed()
  }

  private static func lifetimes(_ graph: Graph, nodes: [Int], outputs: [Tensor]) -> [Interval] {
    var intervals: [Int: Interval] = [:]
    for (position, index) in nodes.enumerated() {
      let node = graph.nodes[index]
      for tensor in node.outputs where !graph.isPlaced(tensor) {
        precondition(tensor.type == .real, "intermediates are real")
        intervals[tensor.id] = Interval(
          id: tensor.id, first: position, last: position, byteCount: tensor.shape.count)
      }
      for tensor in node.inputs { intervals[tensor.id]?.last = position }
    }
    for tensor in outputs { intervals[tensor.id]?.last = nodes.count }
    return Array(intervals.values)
  }
}
