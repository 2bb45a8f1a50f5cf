import COpenCL
import Compute

/// A command bound to an OpenCL queue.
protocol OpenCLCommand: AnyObject {
  var name: String { get }
  /// Whether the command is one kernel, so that its event tells its beginning as well as its end.
  var isOneKernel: Bool { get }
  /// Whether the driver will compile at the first launch, as far as is known.
  var awaitsCompilation: Bool { get }
  /// - Parameter event: where the event of the (last) kernel goes; nil: no event is made.
  func enqueue(event: UnsafeMutablePointer<cl_event?>?) throws(ComputeError)
}

/// One launch of a command, and what of the command it is.
struct OpenCLLaunch {
  let part: PreparedLaunch.Part
  let command: any OpenCLCommand
  /// Whether it does the epilogue of the product before, too.
  var finishesProduct = false
}

/// The commands of a program, bound to a queue. A command may take several launches.
final class OpenCLCommandSequence: CommandSequence {
  let backend: OpenCLBackend
  private(set) var commands: [any OpenCLCommand] = []
  private(set) var launches: [PreparedLaunch] = []
  /// Index of the first launch of each command, and the end.
  private var starts: [Int] = [0]
  /// Commands that have a launch together.
  private var joined: [Range<Int>] = []
  /// Launches at which the driver compiles.
  private var uncompiled: Set<Int> = []

  init(backend: OpenCLBackend) { self.backend = backend }

  var count: Int { starts.count - 1 }

  /// Adds the launches of the next command.
  func append(_ parts: [OpenCLLaunch]) {
    for part in parts {
      launches.append(
        PreparedLaunch(
          command: count, part: part.part, kernel: part.command.name,
          finishesProduct: part.finishesProduct))
      if part.command.awaitsCompilation { uncompiled.insert(commands.count) }
      commands.append(part.command)
    }
    starts.append(commands.count)
  }

  /// Adds one launch of several commands.
  func append(_ command: OpenCLKernelCommand, of commandCount: Int, groups: Int) {
    launches.append(
      PreparedLaunch(
        command: count, kernel: command.name, commandCount: commandCount, groups: groups))
    if command.awaitsCompilation { uncompiled.insert(commands.count) }
    joined.append(count..<(count + commandCount))
    commands.append(command)
    starts += Array(repeating: commands.count, count: commandCount)
  }

  func run(_ range: Range<Int>) throws(ComputeError) {
    precondition(
      joined.allSatisfy {
        !$0.overlaps(range) || range.contains($0.lowerBound) && $0.upperBound <= range.upperBound
      },
      "a part of a launch cannot be run")
    let launches = starts[range.lowerBound]..<starts[range.upperBound]
    if !uncompiled.isDisjoint(with: launches) { return try compile(launches) }
    for index in launches {
      try commands[index].enqueue(event: nil)
      if backend.isDebugging {
        try OpenCLStatus.check(clFinish(backend.queue.raw), commands[index].name)
      }
    }
    try OpenCLStatus.check(clFlush(backend.queue.raw), "clFlush")
  }

  /// Runs launches for the first time, one by one, and tells an observer which kernel the driver compiles.
  private func compile(_ launches: Range<Int>) throws(ComputeError) {
    defer { DeviceEvents.send(.compiled) }
    let total = uncompiled.count
    for index in launches {
      let command = commands[index]
      let isFirst = uncompiled.contains(index)
      if isFirst {
        DeviceEvents.send(
          .compiling(
            device: backend.info.name, kernel: command.name, done: total - uncompiled.count,
            total: total))
      }
      try command.enqueue(event: nil)
      if isFirst || backend.isDebugging {
        try OpenCLStatus.check(clFinish(backend.queue.raw), command.name)
      }
      uncompiled.remove(index)
    }
  }
}
