import Compute

/// A graph bound to a device: planned once, replayed any number of times.
package final class Program {
  package let graph: Graph
  private let backend: any Backend
  private let precision: Precision
  let sequence: any CommandSequence
  private let plan: Plan
  private let views: [Int: BufferView]
  private let arena: any DeviceBuffer
  private let storages: [String: any DeviceBuffer]
  private let outputs: [Tensor]
  /// Floating-point operations of the matrix products of one run: sum of 2 m n k.
  package let floatingPointOperations: Int
  /// The commands of one run, in order; `accesses` has the memory that each reads and writes.
  package let commands: [Command]
  package let accesses: [CommandAccess]
  /// The matrix products of one run, in order.
  package let matrixProducts: [MatrixMultiply]
  /// What each launch of one run is, in order.
  package let launches: [LaunchDescription]

  /// - Parameters:
  ///   - outputs: intermediates that will be read after a run.
  ///   - storages: the buffers of the placed tensors, by storage name.
  ///   - precision: of the operands of matrix products.
  ///   - fuses: makes fewer launches of the operations; the results are the same.
  ///   - replays: whether it will be run many times, so that it pays to let the device run several
  /// operations in one launch;
  ///     the results are the same.
  package init(
    _ graph: Graph, outputs: [Tensor], backend: any Backend,
    storages: [String: any DeviceBuffer], precision: Precision = .fp32,
    fuses: Bool = Plan.fusesByDefault, replays: Bool = false
  ) throws(ComputeError) {
    let plan = Plan(
      graph, outputs: outputs, realType: backend.realType,
      multipliesImages: backend.multipliesImages(in: precision), fuses: fuses)
    let arena = try backend.allocate(byteCount: max(plan.arenaByteCount, BufferView.alignment))
    var binder = Binder(
      graph: graph, backend: backend, storages: storages, plan: plan, arena: arena)
    var commands: [Command] = []
    var accesses: [CommandAccess] = []
    var descriptions: [LaunchDescription] = []
    for node in plan.nodes {
      var inputs: [BoundTensor] = []
      for tensor in node.inputs { inputs.append(try binder.bind(tensor)) }
      var outputs: [BoundTensor] = []
      for tensor in node.outputs { outputs.append(try binder.bind(tensor)) }
      var command = node.operation.command(inputs: inputs, outputs: outputs)
      if case .multiply(var multiply) = command {
        multiply.precision = precision
        command = .multiply(multiply)
      }
      commands.append(command)
      let updated = node.operation.updatedInputs.map { inputs[$0].view }
      accesses.append(
        CommandAccess(reads: inputs.map(\.view), writes: outputs.map(\.view) + updated))
      descriptions.append(
        LaunchDescription(node, in: graph, command: command, inputs: inputs, outputs: outputs))
    }
    // An output may be a tensor that no command touches: the gradient of a + b is its seed.
    for tensor in outputs { _ = try binder.bind(tensor) }
    self.graph = graph
    self.backend = backend
    self.precision = precision
    self.plan = plan
    self.arena = arena
    self.storages = storages
    self.outputs = outputs
    views = binder.views
    sequence =
      replays
      ? try backend.prepare(commands, replaying: accesses) : try backend.prepare(commands)
    launches = sequence.launches.map { launch in
      launch.commandCount > 1
        ? LaunchDescription(
          descriptions[launch.command..<(launch.command + launch.commandCount)], as: launch)
        : descriptions[launch.command].launched(as: launch, of: commands)
    }
    self.commands = commands
    self.accesses = accesses
    matrixProducts = commands.compactMap {
      if case .multiply(let multiply) = $0 { multiply } else { nil }
    }
    floatingPointOperations = matrixProducts.reduce(0) { $0 + $1.floatingPointOperations }
  }

  /// Launches per run: kernels and matrix products.
  package var launchCount: Int { launches.count }
  /// Bytes of the arena of intermediates.
  package var arenaByteCount: Int { plan.arenaByteCount }

  /// Runs every command in order. May return before the device is done.
  package func run() throws(ComputeError) { try sequence.run() }

  /// The values of an output or of a placed tensor, after waiting for the device.
  package func read(_ tensor: Tensor) throws(ComputeError) -> [Float] {
    try backend.downloadFloats(view(of: tensor), count: tensor.shape.count)
  }

  /// The same in float64.
  package func readDoubles(_ tensor: Tensor) throws(ComputeError) -> [Double] {
    try backend.downloadReals(view(of: tensor), count: tensor.shape.count)
  }

  /// Runs every recorded operation by itself and names the first tensor with a value that is not finite, in order of
  /// execution; inputs of a command are looked at before its outputs. nil if all are finite.
  package func firstNonFiniteTensor() throws(ComputeError) -> String? {
    try unfused().findNonFiniteTensor()
  }

  /// The same on the same storages, with every recorded operation by itself.
  package func unfused() throws(ComputeError) -> Program {
    try Program(
      graph, outputs: outputs, backend: backend, storages: storages, precision: precision,
      fuses: false)
  }

  private func findNonFiniteTensor() throws(ComputeError) -> String? {
    for (position, node) in plan.nodes.enumerated() {
      for tensor in node.inputs where tensor.type == .real && graph.producer(of: tensor) == nil {
        if try !isFinite(tensor) { return graph.label(of: tensor) }
      }
      try sequence.run(position..<(position + 1))
      for tensor in node.outputs where tensor.type == .real {
        if try !isFinite(tensor) { return graph.label(of: tensor) }
      }
    }
    return nil
  }

  private func isFinite(_ tensor: Tensor) throws(ComputeError) -> Bool {
    try readDoubles(tensor).allSatisfy(\.isFinite)
  }

  private func view(of tensor: Tensor) -> BufferView {
    guard let view = views[tensor.id] else {
      preconditionFailure("\(graph.label(of: tensor)) is not part of this program")
    }
    return view
  }
}

/// Gives every tensor of a plan its memory.
private struct Binder {
  let graph: Graph
  let backend: any Backend
  let storages: [String: any DeviceBuffer]
  let plan: Plan
  let arena: any DeviceBuffer
  var views: [Int: BufferView] = [:]

  mutating func bind(_ tensor: Tensor) throws(ComputeError) -> BoundTensor {
    if let view = views[tensor.id] { return BoundTensor(shape: tensor.shape, view: view) }
    let size = backend.realType.byteCount(of: tensor.type)
    let byteCount = tensor.shape.count * size
    let view: BufferView
    if let placement = graph.placements[tensor.id] {
      guard let buffer = storages[placement.storage] else {
        preconditionFailure("no buffer for the storage \(placement.storage)")
      }
      view = BufferView(buffer, byteOffset: placement.offset * size, byteCount: byteCount)
    } else if let values = graph.constants[tensor.id] {
      view = BufferView(try backend.allocate(byteCount: byteCount), byteCount: byteCount)
      try backend.upload(reals: values, to: view)
    } else if let offset = plan.offsets[tensor.id] {
      view = BufferView(arena, byteOffset: offset, byteCount: byteCount)
    } else {
      preconditionFailure("\(graph.label(of: tensor)) has no memory")
    }
    views[tensor.id] = view
    return BoundTensor(shape: tensor.shape, view: view)
  }
}
