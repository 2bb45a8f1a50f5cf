import CKernels
import CPUBackend
import Testing

/// The levels that the CPU's kernels are compiled for. That they compute the same bits is a matter
/// of the op table, in which each that the processor has is a device of its own (`TestDevice.cpu`).
@Suite("Instruction sets of the CPU backend") struct InstructionSetTests {
  private static func kernels(_ set: InstructionSet) -> [String] {
    var count = 0
    let table = vae_kernels_f32(set.level, &count)
    return (0..<count).compactMap { table?[$0].name.map { String(cString: $0) } }
  }

  @Test func `every level has every kernel once`() throws {
    let names = Self.kernels(try #require(InstructionSet.all.first)).sorted()
    #expect(names.count > 100 && Set(names).count == names.count)
    for set in InstructionSet.all { #expect(Self.kernels(set).sorted() == names, "\(set.name)") }
  }

  @Test func `a processor that has a level has those below it`() {
    let isAvailable = InstructionSet.all.map(\.isAvailable)
    #expect(isAvailable == isAvailable.sorted { $0 && !$1 })
    #expect(!InstructionSet.available.isEmpty)
  }

  @Test func `each available level is among the devices of the op table`() {
    for set in InstructionSet.available {
      #expect(TestDevice.cpu.contains { $0.testDescription.hasSuffix(", \(set.name)") })
    }
  }

  @Test func `a backend says its level first`() {
    for set in InstructionSet.available {
      let info = CPUBackend(threads: 1, instructions: set).info
      #expect(info.instructionSet == set.name && info.features.first == set.name)
    }
  }

  @Test func `bf16 products use their instructions at the highest level alone`() {
    for set in InstructionSet.available where set.name != "x86-64-v4" {
      #expect(vae_bf16_best(set.level) == VAE_BF16_PORTABLE)
    }
  }
}
