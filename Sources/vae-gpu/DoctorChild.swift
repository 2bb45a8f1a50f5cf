import FileFormats
import VAEGPU

/// A part of the doctor's checks, which runs in a process of its own.
enum DoctorPart {
  case drivers
  case device(String)
  case files

  var name: String {
    switch self {
    case .drivers: "drivers"
    case .device(let selector): "device \(selector)"
    case .files: "files"
    }
  }

  init?(name: String) {
    switch name {
    case "drivers": self = .drivers
    case "files": self = .files
    default:
      guard name.hasPrefix("device ") else { return nil }
      self = .device(String(name.dropFirst("device ".count)))
    }
  }

  /// Seconds that one step may take.
  var limit: Double {
    switch self {
    case .drivers: 20
    case .device: 120
    case .files: 60
    }
  }
}

/// The process that runs a part: it writes what it does and finds as JSON objects, one a line.
struct DoctorChild {
  private let part: DoctorPart

  init(_ part: DoctorPart) { self.part = part }

  func run() {
    Installation.endWithParent()
    let report = self
    DeviceEvents.observe { event in
      switch event {
      case .compiling(_, let kernel, _, _): report.doing("compiling kernel \(kernel)")
      case .compiled: break
      case .warning(let text): report.found(Finding(.note, "warning", text))
      }
    }
    DoctorChecks.run(part, self)
  }

  /// Says what begins now: it is what the part is doing if it never ends.
  func doing(_ text: String) { write([.text("doing", text)]) }

  func found(_ finding: Finding) { write([.init("finding", finding.json)]) }

  /// Says that there is a device to check.
  func device(_ info: DeviceInfo) { write([.text("device", info.selector)]) }

  private func write(_ members: [JSONValue.Member]) {
    try? Console.print(JSONValue.object(members).text)
  }
}
