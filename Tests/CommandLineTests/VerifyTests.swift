import FileFormats
import Foundation
import Testing

/// `vae-gpu verify` on data of a few seconds.
@Suite struct VerifyTests {
  @Test func everyFigureIsWhatItMustBe() throws {
    let workspace = try Workspace()
    try writeLinearImages(to: workspace)
    let result = try workspace.run("verify", "--data", "linear", "--device", "cpu", "--json")
    #expect(result.code == 0, "\(result)")
    let json = try result.json()
    #expect(json["ok"]?.bool == true && json["data"]?.string == "linear")
    let checks = try #require(json["checks"]?.elements)
    #expect(checks.count == 19)
    for check in checks {
      #expect(check["passed"]?.bool == true, "\(check.text)")
      for key in ["found", "expected", "tolerance", "seconds"] {
        #expect(check[key]?.double != nil, "\(key) in \(check.text)")
      }
    }
    for words in ["finite differences", "float64", "Monte-Carlo", "quadrature", "EM", "linear VAE"]
    {
      #expect(checks.contains { $0["check"]?.string?.contains(words) == true }, "\(words)")
    }
  }

  @Test func aMissingDataSetIsOneLine() throws {
    try Workspace().expectError(["verify", "--data", "nothing"], code: 66, "nothing")
  }

  /// 6 x 6 images of three latents and noise.
  private func writeLinearImages(to workspace: Workspace) throws {
    try FileManager.default.createDirectory(
      atPath: workspace.file("linear"), withIntermediateDirectories: true)
    var state: UInt64 = 5
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53
    }
    // Twelve uniforms make a normal, nearly.
    func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }
    let weights = (0..<108).map { _ in normal() }
    for (name, count) in [("train", 600), ("t10k", 200)] {
      var bytes: [UInt8] = []
      for word in [0x803, count, 6, 6] {
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
      }
      for _ in 0..<count {
        let z = [normal(), normal(), normal()]
        for pixel in 0..<36 {
          let signal = (0..<3).reduce(0.0) { $0 + weights[3 * pixel + $1] * z[$1] }
          bytes.append(UInt8(min(255, max(0, 110 + 50 * signal + 20 * normal()))))
        }
      }
      try workspace.write(bytes, to: "linear/\(name)-images-idx3-ubyte")
    }
  }
}
