import CKernels
import Compute
import Glibc

extension CPUBackend {
  /// The CPU as `vae-gpu devices` lists it.
  package static func describe(
    threads: Int? = nil, realType: RealType = .float32, instructions: InstructionSet = .current
  ) -> DeviceInfo {
    let bf16 = vae_bf16_instruction_set(instructions.level).map { [String(cString: $0)] } ?? []
    return DeviceInfo(
      index: nil, name: processorName ?? "CPU", vendor: "", platform: "CPU backend",
      driver: "native", type: .cpu,
      computeUnits: threads ?? availableProcessors, memory: physicalMemory,
      features: [instructions.name] + bf16 + (realType == .float32 ? [] : ["fp64"]),
      instructionSet: instructions.name)
  }

  private static var physicalMemory: UInt64 {
    UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
  }

  /// The "model name" of /proc/cpuinfo.
  private static var processorName: String? {
    guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix("model name"), let colon = text.firstIndex(of: ":") else { continue }
      return text[text.index(after: colon)...].split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
    }
    return nil
  }
}
