import Compute
import Foundation
import OpenCLBackend
import Testing

/// Which parameters CLBlast's kernels were written for, and how they are kept.
@Suite("Parameters of CLBlast") struct CLBlastParameterTests {
  struct Candidate: Sendable, CustomTestStringConvertible {
    let kernel: CLBlastKernel
    let values: [Int]
    var testDescription: String { "\(kernel.rawValue) \(values)" }

    subscript(name: String) -> Int {
      zip(kernel.names.split(separator: " "), values).first { $0.0 == name }?.1 ?? -1
    }
  }

  private static func candidates(
    _ kernel: CLBlastKernel, _ path: (CLBlastCandidates) -> [[Int]]
  ) -> [Candidate] {
    [CLBlastCandidates.processors, .gpus].flatMap(path).map {
      Candidate(kernel: kernel, values: $0)
    }
  }
  private static let direct = candidates(.direct) { $0.direct }
  private static let indirect = candidates(.indirect) { $0.indirect }
  private static let legal = CLBlastParameters(
    direct: direct[0].values, indirect: indirect[0].values, minimum: 320)

  @Test(arguments: direct)
  func `a candidate of the direct kernel divides evenly and fits every GPU`(_ p: Candidate) throws {
    let tile = p["WGD"]
    let items = p["MDIMCD"] * p["NDIMCD"]
    #expect(tile % p["KWID"] == 0)
    #expect(tile % (p["MDIMCD"] * p["VWMD"]) == 0 && tile % (p["NDIMCD"] * p["VWND"]) == 0)
    #expect(tile % (p["MDIMAD"] * p["VWMD"]) == 0 && tile % (p["NDIMBD"] * p["VWND"]) == 0)
    for load in [p["MDIMAD"], p["NDIMBD"]] {
      #expect(items % load == 0 && tile % (items / load) == 0)
    }
    let needs = try #require(CLBlastKernel.direct.needs(p.values))
    #expect(needs.items == items && items <= 256)
    #expect(needs.localByteCount == 4 * tile * (tile + p["PADA"] + tile + p["PADB"]))
    #expect(needs.localByteCount <= 48 << 10)
  }

  @Test(arguments: indirect)
  func `a candidate of the indirect kernel divides evenly and fits every GPU`(
    _ p: Candidate
  ) throws {
    let items = p["MDIMC"] * p["NDIMC"]
    #expect(p["GEMMK"] == 0 && p["KREG"] == 1 && p["KWG"] % p["KWI"] == 0)
    #expect(p["MWG"] % (p["MDIMC"] * p["VWM"]) == 0 && p["NWG"] % (p["NDIMC"] * p["VWN"]) == 0)
    #expect(p["MWG"] % (p["MDIMA"] * p["VWM"]) == 0 && p["NWG"] % (p["NDIMB"] * p["VWN"]) == 0)
    for load in [p["MDIMA"], p["NDIMB"]] {
      #expect(items % load == 0 && p["KWG"] % (items / load) == 0)
    }
    let needs = try #require(CLBlastKernel.indirect.needs(p.values))
    #expect(needs.items == items && items <= 256)
    #expect(
      needs.localByteCount == 4 * p["KWG"] * (p["SA"] * p["MWG"] + p["SB"] * p["NWG"]))
    #expect(needs.localByteCount <= 48 << 10)
  }

  @Test func `no candidate is tried twice`() {
    for candidates in [CLBlastCandidates.processors, .gpus] {
      #expect(Set(candidates.direct).count == candidates.direct.count)
      #expect(Set(candidates.indirect).count == candidates.indirect.count)
    }
  }

  /// One changed value each.
  @Test(arguments: [
    ("KWID", 3), ("KWID", 0), ("WGD", 0), ("WGD", 24), ("WGD", -32), ("MDIMCD", 64),
    ("MDIMCD", 0), ("NDIMCD", 3), ("MDIMAD", 5), ("MDIMAD", 0), ("NDIMBD", 64), ("VWMD", 3),
    ("VWMD", 32), ("VWND", 0), ("PADA", 2), ("PADB", -1), ("GEMMK", 1), ("KREG", 2), ("KWG", 0),
    ("KWG", 3), ("KWI", 5), ("KWI", 0), ("MWG", 12), ("MWG", .max), ("NWG", 0), ("MDIMC", 3),
    ("NDIMC", 0), ("MDIMA", 0), ("NDIMB", 7), ("SA", 2), ("SB", -1), ("STRM", 2), ("STRN", 2),
    ("VWM", 5), ("VWN", 32), ("XGEMM_MIN_INDIRECT_SIZE", 0),
    ("XGEMM_MIN_INDIRECT_SIZE", 1 << 21), ("XGEMM_MIN_INDIRECT_SIZE", -1),
  ])
  func `values that no kernel was written for are refused`(_ name: String, _ value: Int) throws {
    let found = CLBlastKernel.allCases.compactMap { kernel in
      kernel.names.split(separator: " ").firstIndex { $0 == name }.map { (kernel, $0) }
    }
    let (kernel, index) = try #require(found.first)
    #expect(found.count == 1)
    var values = try #require(Self.legal[kernel])
    #expect(kernel.needs(values) != nil)
    values[index] = value
    #expect(kernel.needs(values) == nil)
    #expect(kernel.needs(values + [1]) == nil && kernel.needs([]) == nil)
  }

  @Test func `parameters are kept and read again`() throws {
    let all = [
      CLBlastParameters.stock, Self.legal, CLBlastParameters(minimum: 1),
      CLBlastParameters(direct: Self.legal.direct),
      CLBlastParameters(indirect: Self.legal.indirect),
    ]
    for parameters in all {
      let data = try JSONEncoder().encode(parameters)
      #expect(try JSONDecoder().decode(CLBlastParameters.self, from: data) == parameters)
    }
    #expect(Set(all.map(\.name)).count == all.count && all[0].name == "stock")
  }

  @Test(arguments: [
    #"{"minimum": 0}"#, #"{"direct": []}"#, #"{"direct": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}"#,
    #"{"indirect": [1, 16, 1, 1, 2, 2, 64, 2, 2, 128, 0, 0, 0, 0, 8, 2]}"#,
    #"{"direct": "2 8 8"}"#, "[]",
  ])
  func `a file with other parameters is no file`(_ text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(CLBlastParameters.self, from: Data(text.utf8))
    }
  }

  private static let info = DeviceInfo(
    index: 0, name: "Some GPU", vendor: "vendor", platform: "Some platform", driver: "1",
    type: .gpu, computeUnits: 4, memory: 1 << 30, features: [])

  @Test func `verdicts without parameters of CLBlast are read, and those with them`() throws {
    let text = """
      {"version": \(GemmVerdicts.currentVersion), "platform": "Some platform", "device": "Some GPU",
       "driver": "1", "entries": []}
      """
    var verdicts = try JSONDecoder().decode(GemmVerdicts.self, from: Data(text.utf8))
    #expect(verdicts == GemmVerdicts(for: Self.info) && verdicts.clblast == nil)
    let directory = NSTemporaryDirectory() + "clblast-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = VerdictStore(directory: directory)
    for parameters in [nil, CLBlastParameters.stock, Self.legal] {
      verdicts.clblast = parameters
      try store.save(verdicts, for: Self.info)
      #expect(store.measured(on: Self.info) == verdicts)
      #expect(store.verdicts(for: Self.info)?.clblast == parameters)
    }
  }

  @Test func `measured parameters are not lost over shipped verdicts`() throws {
    var info = Self.info
    info.platform = "Portable Computing Language"
    try #require(VerdictStore.shipped(for: info) != nil)
    let directory = NSTemporaryDirectory() + "clblast-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = VerdictStore(directory: directory)
    try store.save(GemmVerdicts(for: info, clblast: Self.legal), for: info)
    #expect(store.verdicts(for: info)?.clblast == Self.legal)
  }

  @Test func `each path gets the products that it runs fastest`() {
    func shape(_ n: Int) -> GemmShape {
      GemmShape(m: n, n: n, k: n, transposeA: false, transposeB: false)
    }
    let shapes = [shape(64), shape(100), shape(512)]
    func direct(_ values: [Int]?, _ gflops: [Double]) -> CLBlastMeasurement {
      .init(parameters: CLBlastParameters(direct: values, minimum: 1 << 20), gflops: gflops)
    }
    func indirect(_ values: [Int]?, _ gflops: [Double]) -> CLBlastMeasurement {
      .init(parameters: CLBlastParameters(indirect: values, minimum: 1), gflops: gflops)
    }
    let (d, i) = (Self.legal.direct, Self.legal.indirect)
    let best = { CLBlastMeasurement.best($0, $1, shapes) }
    // 64 and 100 direct, 512 indirect.
    #expect(
      best([direct(nil, [1, 1, 1]), direct(d, [5, 5, 1])], [indirect(i, [1, 2, 9])])
        == CLBlastParameters(direct: d, indirect: i, minimum: 101))
    // All indirect: a kernel that is never used stays CLBlast's own.
    #expect(
      best([direct(nil, [1, 1, 1]), direct(d, [2, 2, 2])], [indirect(i, [3, 3, 3])])
        == CLBlastParameters(indirect: i, minimum: 1))
    // All direct.
    #expect(
      best([direct(d, [4, 4, 4])], [indirect(nil, [3, 3, 3]), indirect(i, [2, 2, 2])])
        == CLBlastParameters(direct: d, minimum: 513))
    #expect(best([], [indirect(i, [1, 1, 1])]) == nil)
  }
}
