import Compute
import Foundation
import OpenCLBackend
import Testing

/// Which variant a verdict gives to a shape, and which texts are variants.
@Suite("Choice of a variant") struct GemmVerdictTests {
  private static let info = DeviceInfo(
    index: 0, name: "Some GPU", vendor: "vendor", platform: "Some platform", driver: "1",
    type: .gpu, computeUnits: 4, memory: 1 << 30, features: [])
  private static let small = GemmVariant.tiled(
    m: 16, n: 16, k: 16, rows: 4, columns: 4, split: 1)
  private static let large = GemmVariant.tiled(
    m: 64, n: 64, k: 16, rows: 4, columns: 4, split: 1)

  private static func shape(_ m: Int, _ n: Int, _ k: Int, _ layout: String) -> GemmShape {
    GemmShape(
      m: m, n: n, k: k, transposeA: layout.first == "T", transposeB: layout.last == "T")
  }

  private static let verdicts = GemmVerdicts(
    for: info,
    entries: [
      .init(shape: shape(64, 64, 64, "NN"), variant: small, gflops: 1),
      .init(shape: shape(1024, 1024, 1024, "NN"), variant: large, gflops: 1),
      .init(shape: shape(100, 100, 100, "TN"), variant: .clblast, gflops: 1),
    ])

  @Test func `a shape has its own verdict, else that of the most similar one of its layout`() {
    let verdicts = Self.verdicts
    #expect(verdicts.variant(for: Self.shape(64, 64, 64, "NN")) == Self.small)
    #expect(verdicts.variant(for: Self.shape(1024, 1024, 1024, "NN")) == Self.large)
    #expect(verdicts.variant(for: Self.shape(70, 60, 50, "NN")) == Self.small)
    #expect(verdicts.variant(for: Self.shape(700, 2000, 512, "NN")) == Self.large)
    // 100 x 100 x 100 is nearer to that of the other layout.
    #expect(verdicts.variant(for: Self.shape(100, 100, 100, "NN")) == Self.small)
    #expect(verdicts.variant(for: Self.shape(4096, 1, 1, "TN")) == .clblast)
    #expect(verdicts.hasVerdict(for: Self.shape(64, 64, 64, "NN")))
    #expect(!verdicts.hasVerdict(for: Self.shape(64, 64, 65, "NN")))
  }

  private static func target(_ vector: Int?) -> GemmTarget {
    GemmTarget(
      platform: "", type: vector == nil ? .gpu : .cpu, vectorWidth: vector ?? 8, computeUnits: 132)
  }

  @Test func `a layout without a verdict is left to the guess`() {
    let shape = Self.shape(64, 64, 64, "NT")
    #expect(Self.verdicts.variant(for: shape) == nil)
    for vector in [nil, 8, 16] {
      let guesses = GemmChoice.untuned.variants(for: shape, target: Self.target(vector))
      let tuned = GemmChoice.tuned(Self.verdicts)
      #expect(tuned.variants(for: shape, target: Self.target(vector)) == guesses)
      #expect(GemmChoice.tuned(nil).variants(for: shape, target: Self.target(vector)) == guesses)
      #expect(guesses.allSatisfy(\.keepsOrder) && guesses.contains(.clblast))
      let known = Self.shape(64, 64, 64, "NN")
      #expect(tuned.variants(for: known, target: Self.target(vector)) == [Self.small] + guesses)
    }
    #expect(GemmChoice.clblast(.stock).variants(for: shape, target: Self.target(16)) == [.clblast])
    #expect(
      GemmChoice.fixed(Self.small).variants(for: shape, target: Self.target(16)) == [Self.small])
  }

  /// OpenCL asks for 32 KiB at least.
  @Test(arguments: [8, 16])
  func `a processor with little local memory gets a kernel of the engine, too`(vector: Int) {
    let shape = Self.shape(64, 64, 64, "TN")
    let own = GemmChoice.untuned.variants(for: shape, target: Self.target(vector)).dropLast()
    #expect(own.contains { $0.localByteCount(.fp32, nil) <= 32 << 10 })
  }

  /// The tile that a guess names must fit; else the product runs in the small tiles that are left.
  @Test func `a GPU runs the best guess for a product, in every precision that it has`() {
    for var target in GemmTarget.graphicsProcessors {
      target.computeUnits = 132
      for precision in Precision.allCases where target.precisions.contains(precision) {
        for shape in [
          Self.shape(128, 400, 784, "NT"), Self.shape(512, 2048, 784, "NT"),
          Self.shape(2048, 2048, 512, "TN"), Self.shape(4096, 4096, 4096, "NN"),
        ] {
          let guesses = GemmChoice.untuned.variants(
            for: shape, precision: precision, order: .fast, target: target)
          #expect(
            guesses[0].fits(target, precision),
            "\(guesses[0].name) \(precision) on \(target.platform)")
          #expect(GemmVariant(text: guesses[0].text) == guesses[0])
        }
      }
    }
  }

  @Test func `later verdicts replace earlier ones of the same shape and leave the rest`() {
    var verdicts = Self.verdicts
    verdicts.merge([
      .init(shape: Self.shape(64, 64, 64, "NN"), variant: .clblast, gflops: 2),
      .init(shape: Self.shape(5, 5, 5, "TT"), variant: Self.large, gflops: 3),
    ])
    #expect(verdicts.entries.count == 4)
    #expect(verdicts.variant(for: Self.shape(64, 64, 64, "NN")) == .clblast)
    #expect(verdicts.variant(for: Self.shape(1024, 1024, 1024, "NN")) == Self.large)
    #expect(verdicts.variant(for: Self.shape(9, 9, 9, "TT")) == Self.large)
  }

  @Test func `shapes without extent have a distance too`() {
    let verdicts = GemmVerdicts(
      for: Self.info,
      entries: [
        .init(shape: Self.shape(0, -5, .min, "NN"), variant: .clblast, gflops: 1),
        .init(shape: Self.shape(.max, .max, .max, "NN"), variant: Self.small, gflops: 1),
      ])
    #expect(verdicts.variant(for: Self.shape(1, 1, 1, "NN")) == .clblast)
    #expect(verdicts.variant(for: Self.shape(1 << 40, 1 << 40, 1 << 40, "NN")) == Self.small)
  }

  @Test(arguments: GemmCase.all.map(\.variant))
  func `a variant's text gives it back`(_ variant: GemmVariant) throws {
    #expect(GemmVariant(text: variant.text) == variant)
    let data = try JSONEncoder().encode([variant])
    #expect(try JSONDecoder().decode([GemmVariant].self, from: data) == [variant])
  }

  @Test(arguments: [
    "", " ", "clblas", "CLBlast", "clblast 1", "panel", "panel 8 256", "panel 8 256 128 1",
    "panel 0 256 128", "panel 4 256 128", "panel 17 256 128", "panel -8 256 128",
    "panel 8 0 128", "panel 8 256 0", "panel 8 256 99999999999999999999", "panel 8 x 128",
    "panel 8.5 256 128", "panel 8 4096 128", "tiled", "tiled 64 64 16 4 4",
    "tiled 64 64 16 4 4 1 1", "tiled 64 64 16 0 4 1", "tiled 64 64 16 4 4 0",
    "tiled 64 64 16 4 4 -1", "tiled 65 64 16 4 4 1", "tiled 64 64 16 4 24 1",
    "tiled 8 8 16 16 16 1", "tiled 4096 4096 16 4 4 1", "tiled 4096 4096 4096 64 64 1",
    "tiled 64 64 4096 4 4 1", "tiled 512 512 8 4 4 1", "tiled 64 64 16 4 4 4096",
    "tiled 9223372036854775807 64 16 4 4 1", "tiled 64 64 16 4 4 1 -DX", "other 1 2 3",
    // A compiler takes minutes for the unrolled loop of one work-item.
    "panel 5 8 1 1 1", "panel 12 16 512 11 1", "tiled 16 16 400 4 4 1", "tiled 64 64 18 4 4 1",
    "tiled 64 64 16 2 4 1", "matrix 64 64 16 32 12 1", "matrix 64 64 8 32 32 1",
    "matrix 64 64 16 8 32 1",
  ])
  func `a text that no kernel of this version can be is no variant`(_ text: String) {
    #expect(GemmVariant(text: text) == nil)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `panels fit processors, with vectors of one width, and no other device`(
    _ device: TestDevice
  ) throws {
    let openCL = try #require(device.openCLDevice)
    let fitting = [8, 16].filter {
      GemmVariant.panel(rows: 6, vector: $0, depth: 16, groupRows: 66, panels: 1).fits(openCL)
    }
    #expect(fitting.count == (openCL.info.type == .cpu ? 1 : 0))
  }

  @Test(arguments: TestDevice.allOpenCL) @MainActor
  func `a verdict that does not fit the device is left to the guess`(_ device: TestDevice) throws {
    let openCL = try #require(device.openCLDevice)
    let problem = GemmProblem(9, 5, 7)
    let shape = Self.shape(9, 5, 7, "NN")
    let variant = GemmVariant.panel(rows: 8, vector: 16, depth: 1 << 23, groupRows: 128, panels: 1)
    #expect(!variant.fits(openCL))
    let verdicts = GemmVerdicts(
      for: openCL.info, entries: [.init(shape: shape, variant: variant, gflops: 1)])
    let backend = try OpenCLBackend(
      openCL, cache: ProgramCache(directory: nil), gemm: .tuned(verdicts))
    let result = try problem.run(on: backend)
    let expected = try problem.run(on: try TestDevice.cpu[0].open())
    #expect(result == expected)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `every candidate of a device fits it and can be kept in a file`(_ device: TestDevice) throws
  {
    let openCL = try #require(device.openCLDevice)
    let candidates = GemmVariant.candidates(for: openCL, anyOrder: true)
    #expect(candidates.contains(.clblast) && Set(candidates).count == candidates.count)
    for variant in candidates {
      #expect(variant.fits(openCL) && GemmVariant(text: variant.text) == variant)
    }
    #expect(GemmVariant.candidates(for: openCL).allSatisfy { $0.keepsOrder })
    // Little local memory means smaller tiles, not CLBlast alone: at least CLBlast and three more.
    for quick in [false, true] {
      #expect(GemmVariant.candidates(for: openCL, quick: quick).count >= 4)
    }
  }
}
