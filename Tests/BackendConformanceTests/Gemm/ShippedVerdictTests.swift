import CKernels
import Compute
import Foundation
import OpenCLBackend
import Testing

/// The verdicts that come with the program (Kernels/tuning.json).
@Suite("Shipped verdicts") struct ShippedVerdictTests {
  private let directory = NSTemporaryDirectory() + "shipped-" + UUID().uuidString
  private let all: [GemmVerdicts]

  init() throws {
    let text = try #require(vae_shipped_verdicts().map { String(cString: $0) })
    all = try JSONDecoder().decode([GemmVerdicts].self, from: Data(text.utf8))
  }

  /// A device of the platform that nobody has measured.
  private func device(of platform: String) -> DeviceInfo {
    DeviceInfo(
      index: 0, name: "Another device", vendor: "vendor", platform: platform, driver: "9",
      type: .gpu, computeUnits: 4, memory: 1 << 30, features: [])
  }

  @Test func `they are of this version and change no result`() {
    #expect(Set(all.map(\.platform)).count == all.count, "one of each platform")
    for verdicts in all {
      #expect(verdicts.version == GemmVerdicts.currentVersion, "\(verdicts.platform)")
      #expect(Set(verdicts.entries.map(\.shape)).count == verdicts.entries.count)
      for entry in verdicts.entries {
        let extents = [entry.shape.m, entry.shape.n, entry.shape.k]
        #expect(extents.allSatisfy { $0 > 0 } && entry.gflops > 0, "\(entry.shape)")
        #expect(entry.variant.keepsOrder, "\(entry.shape)")
      }
    }
  }

  @Test func `every device of the platform has them and other platforms have none`() {
    for verdicts in all {
      let info = device(of: verdicts.platform)
      #expect(VerdictStore.shipped(for: info) == verdicts)
      let store = VerdictStore(directory: directory)
      #expect(store.verdicts(for: info) == verdicts && store.measured(on: info) == nil)
    }
    #expect(VerdictStore.shipped(for: device(of: "No such platform")) == nil)
  }

  @Test func `what was measured on the machine comes before them`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = VerdictStore(directory: directory)
    for shipped in all {
      let first = try #require(shipped.entries.first)
      let info = device(of: shipped.platform)
      let own = GemmVariant.tiled(m: 32, n: 32, k: 8, rows: 8, columns: 8, split: 3)
      try store.save(
        GemmVerdicts(
          for: info, entries: [.init(shape: first.shape, variant: own, gflops: 1)]),
        for: info)
      let verdicts = try #require(store.verdicts(for: info))
      #expect(verdicts.variant(for: first.shape) == own)
      for entry in shipped.entries.dropFirst() {
        #expect(verdicts.variant(for: entry.shape) == entry.variant)
      }
    }
  }
}
