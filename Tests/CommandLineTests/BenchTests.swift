import FileFormats
import Testing

/// What `bench` prints; how fast it was is nobody's business here.
@Suite struct BenchTests {
  /// The one object that a run prints, of a few steps of a small workload.
  private func bench(_ arguments: String...) throws -> JSONValue {
    let short = ["bench", "--steps", "3", "--repeats", "1", "--json"]
    let result = try Workspace(withData: false).run(short + arguments)
    try #require(result.code == 0, "\(result)")
    return try result.json()
  }

  private func expectPositive(_ object: JSONValue, _ keys: [String]) {
    for key in keys { #expect(object[key]?.double.map { $0 > 0 } == true, "\(key) in \(object)") }
  }

  @Test func everyFigureIsThere() throws {
    let json = try bench("--work", "linear", "--device", "cpu")
    expectPositive(
      json,
      [
        "gb_per_s", "percent_of_gemm_peak", "percent_of_copy_peak", "flops_per_step",
        "bytes_per_step", "compile_ms", "peak_memory_mb", "device_memory_mb", "peak_gemm_gflops",
        "peak_copy_gb_per_s", "empty_launch_us",
      ])
    #expect((json["percent_of_gemm_peak"]?.double).map { $0 < 200 } == true, "\(json)")
    #expect(json["batch"]?.int == 128 && json["latent"]?.int == 20)
    #expect(json["hidden"]?.elements?.isEmpty == true)
    #expect(json["validated_steps"]?.int == 3)
    // The host is the device, and nothing is compiled.
    #expect(json["host_us_per_step"] == .null && json["programs_cached"] == .null)
    #expect(json["trace"] == nil && json["profile"] == nil)
    // 3 x 2 m n k for the decoder's product with 128 x 784 x 20, and 2 x for the encoder's, whose input needs no gradient.
    #expect(json["flops_per_step"]?.int == 2 * 128 * (3 * 784 * 20 + 2 * 784 * 40))
  }

  @Test(arguments: CommandLineTool.devices)
  func aTraceHasEveryLaunchOfAStep(_ device: String) throws {
    let json = try bench("--work", "linear", "--device", device, "--trace", "--profile")
    let trace = try #require(json["trace"]?.elements)
    #expect(trace.count == json["launches_per_step"]?.int)
    #expect(trace.map { $0["number"]?.int } == Array(1...trace.count))
    for launch in trace {
      expectPositive(launch, ["bytes", "percent_of_peak"])
      #expect(launch["gap_us"]?.double.map { $0 >= 0 } == true, "\(launch)")
      for key in ["operation", "kernel", "size"] {
        #expect(launch[key]?.string?.isEmpty == false, "\(key) in \(launch)")
      }
    }
    let sum = try #require(json["trace_us_per_step"]?.double)
    let step = 1000 * (try #require(json["ms_per_step"]?.double))
    #expect(sum > step / 100 && sum < step * 100, "\(sum) of \(step)")
    #expect(trace.first?["gap_us"]?.double == 0)
    #expect(trace.contains { $0["queued_us"]?.double != nil } == (device != "cpu"))
    #expect(json["gaps_us_per_step"]?.double.map { $0 >= 0 && $0.isFinite } == true)
    expectTotals(trace, json)
    expectTotals(try #require(json["profile"]?.elements), json)
    if device != "cpu" {
      expectPositive(json, ["host_us_per_step"])
      #expect(json["programs_cached"]?.bool != nil)
    }
  }

  /// The parts of a step make up the whole.
  private func expectTotals(_ parts: [JSONValue], _ json: JSONValue) {
    func sum(_ key: String) -> Double { parts.reduce(0) { $0 + ($1[key]?.double ?? .nan) } }
    #expect(abs(sum("share") - 1) < 1e-9)
    #expect(sum("bytes") == json["bytes_per_step"]?.double)
    #expect(sum("flops") == json["flops_per_step"]?.double)
    let total = json["trace_us_per_step"]?.double ?? .nan
    #expect(abs(sum("time_us") - total) < 1e-6 * total)
  }

  @Test func sizesOverrideTheWorkloadsOwn() throws {
    let json = try bench(
      "--work", "mlp400", "--device", "cpu", "--batch-size", "48", "--hidden", "8,4", "--latent",
      "3")
    #expect(json["work"]?.string == "mlp400" && json["batch"]?.int == 48)
    #expect(json["hidden"]?.elements?.compactMap(\.int) == [8, 4] && json["latent"]?.int == 3)
    #expect(json["validated_steps"]?.int == 3)
  }

  @Test func aLargeStepOfAnOverriddenSizeIsCheckedOnce() throws {
    let json = try bench("--work", "mlp400", "--device", "cpu", "--batch-size", "2048")
    #expect(json["batch"]?.int == 2048)
    #expect(json["validated"]?.bool == true && json["validated_steps"]?.int == 1)
  }

  @Test func tablesAreForPeople() throws {
    let workspace = try Workspace(withData: false)
    let result = try workspace.run(
      "bench", "--work", "linear", "--device", "cpu", "--steps", "1", "--repeats", "1", "--trace",
      "--profile")
    #expect(result.code == 0, "\(result)")
    for phrase in [
      "peaks: GEMM", "% of peak", "Adam: parameters", "128x40x784", "operation  ",
      "sum of launches", "gap µs",
    ] {
      #expect(result.output.contains(phrase), "no '\(phrase)' in \(result)")
    }
  }

  @Test(arguments: [
    ["--batch-size", "0"], ["--batch-size", "4097"], ["--batch-size", "many"],
    ["--hidden", "0"], ["--hidden", "8,"], ["--hidden", "99999999"], ["--latent", "0"],
    ["--latent", "x"], ["--latent", "99999999"],
  ])
  func aBadSizeIsNamedWithItsFlag(_ arguments: [String]) throws {
    try Workspace(withData: false).expectError(
      ["bench", "--work", "linear", "--device", "cpu"] + arguments, code: 64, arguments[0])
  }
}
