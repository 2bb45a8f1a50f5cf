import Compute
import Foundation

/// What a program will do: the operations that matter, fused, in order, and a place in one arena for every intermediate.
package struct Plan {
  package let nodes: [Graph.Node]
  /// Byte offset in the arena of each intermediate.
  package let offsets: [Int: Int]
  /// Bytes of the arena.
  package let arenaByteCount: Int

  /// Nodes matter if an output is asked for, lives in a storage of the caller, or an input is changed in place; and
  /// whatever these need. The rest is dropped.
  package init(
    _ graph: Graph, outputs: [Tensor], realType: RealType, multipliesImages: Bool = false,
    fuses: Bool = Plan.fusesByDefault
  ) {
    let live = Plan.liveNodes(graph, outputs: outputs)
    nodes =
      fuses
      ? Fusion.apply(to: live, of: graph, outputs: outputs, multipliesImages: multipliesImages)
      : live
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

  /// VAE_GPU_FUSION=0 runs every recorded operation by itself, to find a fault.
  package static let fusesByDefault =
    ProcessInfo.processInfo.environment["VAE_GPU_FUSION"] != "0"

  private struct Interval {
    let id: Int
    let first: Int
    var last: Int
    /// Elements at first, then bytes.
    var byteCount: Int
    var offset = 0
  }

  private static func liveNodes(_ graph: Graph, outputs: [Tensor]) -> [Graph.Node] {
    var needed = Set(outputs.map(\.id))
    var live: [Graph.Node] = []
    for index in graph.nodes.indices.reversed() {
      let node = graph.nodes[index]
      let matters =
        !node.operation.updatedInputs.isEmpty
        || node.outputs.contains { needed.contains($0.id) || graph.isPlaced($0) }
      guard matters else { continue }
      live.append(node)
      needed.formUnion(node.inputs.map(\.id))
    }
    return live.reversed()
  }

  private static func lifetimes(
    _ graph: Graph, nodes: [Graph.Node], outputs: [Tensor]
  ) -> [Interval] {
    var intervals: [Int: Interval] = [:]
    for (position, node) in nodes.enumerated() {
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
