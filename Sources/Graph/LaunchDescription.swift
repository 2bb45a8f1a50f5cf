import Compute

/// What one launch of a program is, for traces.
package struct LaunchDescription: Sendable, Equatable {
  /// The operation, such as "bias + relu".
  package let operation: String
  /// The tensor that it makes or changes, such as "encoder.0 output"; empty where that has no name.
  package let label: String
  /// The kernel; "gemm" for a matrix product, which is the backend's own.
  package let kernel: String
  /// "128x400x784" (m x n x k), "128 groups" (work-groups) or "314000 items".
  package let size: String
  package let work: Work

  init(
    _ node: Graph.Node, in graph: Graph, command: Command, inputs: [BoundTensor],
    outputs: [BoundTensor]
  ) {
    operation = node.operation.name
    let subject = node.outputs.first ?? node.operation.updatedInputs.first.map { node.inputs[$0] }
    let name = subject.map { graph.label(of: $0) } ?? ""
    label = name == operation ? "" : name
    work = node.operation.work(inputs: inputs, outputs: outputs)
    switch command {
    case .kernel(let launch):
      kernel = launch.kernel
      size =
        switch launch.size {
        case .items(let count): "\(count) items"
        case .rows(let count): "\(count) groups"
        }
    case .multiply(let multiply):
      kernel = "gemm"
      size = "\(multiply.m)x\(multiply.n)x\(multiply.k)"
    }
  }
}

extension Program {
  /// Bytes that the launches of one run read and write.
  package var byteCount: Int { launches.reduce(0) { $0 + $1.work.byteCount } }
}
