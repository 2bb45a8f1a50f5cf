import CKernels
import Compute

/// Several commands as one launch: the text of its kernel, and what the kernel gets
/// (Kernels/joined.h).
///
/// Sizes, places and values are written into the text, so the kernel has few arguments, which a
/// driver looks at in every launch.
package struct JoinedLaunch {
  /// Work-items of a work-group: the lanes of a row (`LANES` of the dialect).
  static let items = 64
  static let name = "joined"

  /// One command in the launch.
  private struct Stage {
    let level: Int
    let tickets: Int
    /// The statements that do the work of the ticket `unit` of the command.
    let body: String
  }

  private let commands: ArraySlice<Command>
  private var stages: [Stage] = []
  private var buffers: [any DeviceBuffer] = []
  private var functions = ""
  private var kernels: Set<String> = []
  private var localWords = items
  private var precision = Precision.fp32
  /// Words of counters of products, and floats of partial sums, behind the control words.
  private var arrivalWords = 0
  private var partFloats = 0
  private let levelCount: Int
  private let target: JoinedTarget

  /// - Parameter accesses: the memory of each command.
  init(
    _ commands: ArraySlice<Command>, accesses: ArraySlice<CommandAccess>, target: JoinedTarget
  ) {
    self.commands = commands
    self.target = target
    let levels = Self.levels(Array(accesses))
    levelCount = (levels.max() ?? 0) + 1
    for (command, level) in zip(commands, levels) {
      switch command {
      case .kernel(let launch): add(launch, level: level)
      case .multiply(let multiply): add(multiply, level: level)
      }
    }
    // Tickets are taken in the order of levels.
    stages = stages.enumerated().sorted {
      ($0.element.level, $0.offset) < ($1.element.level, $1.offset)
    }
    .map(\.element)
  }

  /// Each command is a level behind those that it must wait for.
  package static func levels(_ accesses: [CommandAccess]) -> [Int] {
    var levels: [Int] = []
    for (index, access) in accesses.enumerated() {
      let before = (0..<index).filter { accesses[$0].conflicts(with: access) }.map { levels[$0] }
      levels.append((before.max() ?? -1) + 1)
    }
    return levels
  }

  private mutating func argument(_ view: BufferView) -> (buffer: Int, place: Int) {
    let index =
      buffers.firstIndex { $0 === view.buffer }
      ?? {
        buffers.append(view.buffer)
        return buffers.count - 1
      }()
    return (index, view.byteOffset)
  }

  private mutating func pointer(_ view: BufferView) -> String {
    let (buffer, place) = argument(view)
    return "(__global float *)(b\(buffer) + \(place)ul)"
  }

  private mutating func add(_ launch: KernelLaunch, level: Int) {
    kernels.insert(launch.kernel)
    var values: [String] = []
    for argument in launch.arguments {
      switch argument {
      case .buffer(let view):
        let (buffer, place) = self.argument(view)
        values += ["(__global void *)b\(buffer)", "\(place)ul"]
      case .uint32(let value): values.append("\(value)u")
      case .real(let value): values.append("as_float(\(Float(value).bitPattern)u)")
      }
    }
    let call = "\(launch.kernel)(place, scratch, \(values.joined(separator: ", ")));"
    let units = max(target.computeUnits, 1)
    switch launch.size {
    case .rows(let count):
      let tickets = max(min(count, 16 * units), 1)
      stages.append(
        Stage(
          level: level, tickets: tickets,
          body: "for (uint place = unit; place < \(count)u; place += \(tickets)u) \(call)"))
    case .items(let count):
      let groups = (count + Self.items - 1) / Self.items
      let tickets = max(min(groups, 32 * units), 1)
      stages.append(
        Stage(
          level: level, tickets: tickets,
          body: "OVERLAPPED for (uint place = unit * \(Self.items) + item; place < \(count)u; "
            + "place += \(tickets * Self.items)u) \(call)"))
    }
  }

  private mutating func add(_ multiply: MatrixMultiply, level: Int) {
    let variant = target.variant(multiply)
    let name = "product_\(stages.count)"
    functions += variant.function(
      name, for: multiply, target.matrixInstructions, undefines: true)
    let byteCount = variant.localByteCount(multiply.precision, target.matrixInstructions)
    localWords = max(localWords, (byteCount + 15) / 16 * 4)
    precision = multiply.precision
    let c = pointer(multiply.c)
    let operand = multiply.epilogue.map { pointer($0.view) } ?? c
    let rowSums = multiply.rowSums.map { pointer($0) } ?? c
    var workspace = "\(c), (volatile __global uint *)\(c)"
    if let size = variant.workspace(multiply) {
      workspace = "parts + \(partFloats)ul, arrivals + \(arrivalWords)ul"
      partFloats += (size.parts + 3) / 4 * 4
      arrivalWords += size.arrivals
    }
    stages.append(
      Stage(
        level: level, tickets: variant.groups(GemmShape(multiply)),
        body: "\(name)(unit, words, \(pointer(multiply.a)), \(pointer(multiply.b)), \(c), "
          + "\(multiply.m)u, \(multiply.n)u, \(multiply.k)u, \(operand), \(rowSums), \(workspace));"
      ))
  }

  private var tickets: Int { stages.reduce(0) { $0 + $1.tickets } }

  /// Words in front of the counters of products: CONTROL_STRIDE for each counter.
  private var controlWords: Int { 32 * (levelCount + 2) }
  private var arrivalsEnd: Int { (controlWords + arrivalWords + 31) / 32 * 32 }

  private var kernel: String {
    let parameters =
      buffers.indices.map { "__global uchar *b\($0), const ulong b\($0)_place, " }.joined()
    var text = """
      __kernel __attribute__((reqd_work_group_size(\(Self.items), 1, 1))) void \(Self.name)(
          \(parameters)volatile __global uint *control, const ulong control_place) {
        __local uint4 memory[\(localWords / 4)];
        __local uint *words = (__local uint *)memory;
        __local real *scratch = (__local real *)memory;
        const uint item = get_local_id(0);
        volatile __global uint *arrivals = control + \(controlWords);
        __global float *parts = (__global float *)(control + \(arrivalsEnd));
        const uint ticket = joined_ticket(control, words);
        uint level = 0;

      """
    var end = 0
    for (index, stage) in stages.enumerated() {
      let begin = end
      end += stage.tickets
      let wait =
        stage.level == 0
        ? "" : "joined_wait(control, \(stage.level - 1)u, \(ticketCount(of: stage.level - 1))u); "
      let condition =
        index == stages.count - 1 ? "" : "if (ticket < \(end)u) "
      text += """
          \(index == 0 ? "" : "else ")\(condition){ // \(stage.level)
            const uint unit = ticket - \(begin)u;
            level = \(stage.level);
            \(wait)\(stage.body)
          }

        """
    }
    return text + "  joined_finish(control, level, \(levelCount)u, \(tickets)u);\n}\n"
  }

  private func ticketCount(of level: Int) -> Int {
    stages.filter { $0.level == level }.reduce(0) { $0 + $1.tickets }
  }

  /// The whole program.
  var source: String {
    let joined = vae_opencl_joined().map { String(cString: $0) } ?? ""
    return OpenCLBackend.source(
      GemmVariant.shared(precision, target.matrixInstructions) + joined
        + KernelPrograms.text.selecting(kernels, parameters: "JOINED_PARAMETERS ") + functions
        + kernel)
  }

  /// The launch, bound to the queue.
  func command(_ backend: OpenCLBackend) throws(ComputeError) -> OpenCLKernelCommand {
    let request = ProgramRequest(
      source: source, options: backend.programs.options,
      label: "\(commands.count) commands in one launch")
    let workspace = BufferView(
      try backend.allocate(byteCount: 4 * (arrivalsEnd + partFloats)))
    return try OpenCLKernelCommand(
      Self.name, kernel: try backend.joinedKernel(Self.name, of: request),
      arguments: buffers.map { .buffer(BufferView($0)) } + [.buffer(workspace)],
      groups: tickets, items: Self.items, backend: backend)
  }

  var groups: Int { tickets }
}
