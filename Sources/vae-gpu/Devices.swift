import ArgumentParser
import FileFormats
import VAEGPU

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The CPU backend and every OpenCL device.",
    discussion: """
      The first column is what --device takes; a part of a name does as well. The features of the CPU \
      backend begin with the instruction set of its kernels, which VAE_GPU_ISA forces (x86-64-v2, \
      x86-64-v3 or x86-64-v4).
      """)

  @Flag(help: "Print a JSON array of objects.") var json = false

  func run() throws {
    let devices = Device.all
    if json {
      try Console.print(JSONValue.array(devices.map(Self.object)).text)
      Self.sayProblems()
      return
    }
    let heads = ["device", "name", "type", "units", "memory", "platform", "driver", "features"]
    let rows = devices.map { info in
      [
        info.selector, info.name, info.type.rawValue, "\(info.computeUnits)",
        Formatting.bytes(info.memory), info.platform, info.driver,
        info.features.isEmpty ? "-" : info.features.joined(separator: " "),
      ]
    }
    for line in Formatting.table([heads] + rows) { try Console.print(line) }
    for path in Installation.unlistedDrivers {
      Console.error("driver  \(path), found though no file in /etc/OpenCL/vendors names it")
    }
    Self.sayProblems()
    guard devices.count == 1, Installation.driverProblems.isEmpty else { return }
    Console.error("no OpenCL driver was found; 'vae-gpu doctor' tells how to get one")
  }

  private static func sayProblems() {
    for problem in Installation.driverProblems { Console.error("driver  \(problem.description)") }
  }

  private static func object(_ info: DeviceInfo) -> JSONValue {
    .object([
      .init("index", info.index.map { .number("\($0)") } ?? .null),
      .text("selector", info.selector), .text("name", info.name), .text("vendor", info.vendor),
      .text("platform", info.platform), .text("driver", info.driver),
      .text("type", info.type.rawValue), .integer("compute_units", info.computeUnits),
      .init("memory", .number("\(info.memory)")),
      .init("features", .array(info.features.map { .string($0) })),
      .init("isa", info.instructionSet.map { .string($0) } ?? .null),
    ])
  }
}
