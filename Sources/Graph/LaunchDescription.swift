import Compute

/// What one launch of a program is, for traces.
package struct LaunchDescription: Sendable, Equatable {
  /// The operation, such as "bias + relu".
  package private(set) var operation: String
  /// The tensor that it makes or changes, such as "encoder.0 output"; empty where that has no name.
  package let label: String
  /// The kernel, or the routine of a library.
  package private(set) var kernel = ""
  /// "128x400x784" (m x n x k), "128 groups" (work-groups) or "314000 items".
  package private(set) var size: String
  package private(set) var work: Work

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
      size =
        switch launch.size {
        case .items(let count): "\(count) items"
        case .rows(let count): "\(count) groups"
        }
    case .multiply(let multiply):
      size = "\(multiply.m)x\(multiply.n)x\(multiply.k)"
    }
  }
}

extension LaunchDescription {
  /// A launch of several commands.
  init(_ parts: ArraySlice<LaunchDescription>, as launch: PreparedLaunch) {
    operation = parts.map(\.operation).joined(separator: ", ")
    label = parts.last { !$0.label.isEmpty }?.label ?? ""
    kernel = launch.kernel
    size = "\(launch.groups) groups"
    work = parts.dropFirst().reduce(parts[parts.startIndex].work) { $0 + $1.work }
  }

  /// What a device makes of a command: the whole of it, or a part of a matrix product, with the epilogue of the product
  /// before where the launch does that first.
  func launched(as launch: PreparedLaunch, of commands: [Command]) -> LaunchDescription {
    var description = launched(as: launch, for: commands[launch.command])
    guard launch.finishesProduct, case .multiply(let product) = commands[launch.command - 1],
      let epilogue = product.epilogue
    else { return description }
    description.operation = "\(epilogue.function) + \(description.operation)"
    // The result is read by the launch itself.
    description.work.byteCount += product.c.byteCount + epilogue.view.byteCount
    return description
  }

  private func launched(as launch: PreparedLaunch, for command: Command) -> LaunchDescription {
    var description = self
    description.kernel = launch.kernel
    guard launch.part != .whole, case .multiply(let multiply) = command else { return description }
    let c = multiply.c.byteCount
    let epilogue = multiply.epilogue?.view.byteCount ?? 0
    let sums = multiply.rowSums?.byteCount ?? 0
    switch launch.part {
    case .whole: break
    case .product:
      description.operation = "matrix product"
      description.work.byteCount -= epilogue + sums
    case .epilogue:
      description.operation = multiply.epilogue?.function ?? "sum of a split product"
      description.size = "\(multiply.m) groups"
      description.work = Work(byteCount: 2 * c + epilogue)
    case .rowSums:
      description.operation = "bias gradient"
      description.size = "\((multiply.m + 63) / 64) groups"
      description.work = Work(byteCount: multiply.a.byteCount + sums)
    }
    return description
  }
}

extension Program {
  /// Bytes that the launches of one run read and write.
  package var byteCount: Int { launches.reduce(0) { $0 + $1.work.byteCount } }
}
