import Foundation
import Testing
import VAEGPU

/// metrics.jsonl as other tools read it.
@MainActor struct MetricsTests {
  nonisolated static let fields = [
    "step", "epoch", "split", "elbo", "log_likelihood", "kl", "beta", "bound", "binarization",
    "images_per_s", "seconds",
  ]

  @Test("A line has the published fields in their order, and null for what is not a number")
  func fields() throws {
    var configuration = RunConfiguration.small
    configuration.maxSteps = 3
    let trainer = try Trainer(
      configuration, data: TestImages.dataset(), device: TestDevice.cpu[0].open())
    var line = try #require(try trainer.lines().last)
    #expect(try Self.keys(line) == Self.fields + ["loss", "gradient_norm"])
    line.loss = nil
    line.gradientNorm = nil
    #expect(try Self.keys(line) == Self.fields)
    line.elbo = .nan
    line.kl = .infinity
    line.logLikelihood = -1
    line.gradientNorm = 1e-30
    line.seconds = 1e-7
    let value = try StrictJSON.parse(Array(line.json.utf8), path: "line")
    #expect(value["elbo"] == .null && value["kl"] == .null)
    #expect(value["log_likelihood"]?.double == -1 && value["gradient_norm"]?.double == 1e-30)
    #expect(value["step"]?.int == 3 && value["seconds"]?.double == 1e-7)
  }

  @Test("A run writes a line every log_every steps and at the end of an epoch, then its test line")
  func lines() throws {
    var run = try TestRun()
    run.configuration.logEvery = 3
    run.configuration.beta = 0.5
    try run.finish(TestDevice.cpu[0].open())
    let lines = try run.metrics()
    #expect(lines.compactMap { $0["step"]?.int } == [3, 4, 4, 6, 8, 8, 9, 12, 12])
    #expect(lines.compactMap { $0["epoch"]?.int } == [1, 1, 1, 2, 2, 2, 3, 3, 3])
    let train = "train"
    #expect(
      lines.compactMap { $0["split"]?.string } == [train, train, "test", train, train, "test"]
        + [train, train, "test"])
    for line in lines {
      func number(_ key: String) throws -> Double { try #require(line[key]?.double, "\(key)") }
      let difference = try number("log_likelihood") - number("kl")
      #expect(try relativeError(number("elbo"), difference) < 1e-12)
      #expect(try number("beta") == 0.5)
      #expect(line["bound"]?.string == "elbo" && line["binarization"]?.string == "dynamic")
      guard line["split"]?.string == train else {
        #expect(line["loss"] == nil && line["gradient_norm"] == nil)
        continue
      }
      let loss = try 0.5 * number("kl") - number("log_likelihood")
      #expect(try relativeError(number("loss"), loss) < 1e-6)
      #expect(try number("gradient_norm") > 0)
    }
  }

  @Test("The test line of an epoch is the evaluation of its weights, the best checkpoint the best")
  func testLine() throws {
    let run = try TestRun()
    let trainer = try run.trainer(TestDevice.cpu[0].open())
    var elbos: [Double] = []
    try trainer.train { event in
      guard case .evaluated(let line, _) = event else { return }
      let evaluation = try #require(try trainer.evaluate(samples: 1))
      #expect(evaluation.elbo == line.elbo && evaluation.kl == line.kl)
      elbos.append(line.elbo)
    }
    let best = try Checkpoint.read(run.directory.best, layout: trainer.vae.layout)
    #expect(best.progress.bestELBO == elbos.max())
    #expect(best.progress.epoch == (elbos.firstIndex(of: elbos.max() ?? 0) ?? 0) + 1)
  }

  @Test("Grey pixels under a Bernoulli likelihood are a soft loss, in every line")
  func soft() throws {
    var run = try TestRun()
    run.configuration.binarize = Binarization.none
    try run.finish(TestDevice.cpu[0].open())
    let lines = try run.metrics()
    #expect(lines.allSatisfy { $0["bound"]?.string == "loss" })
    #expect(lines.allSatisfy { $0["binarization"]?.string == "soft" })
  }

  private static func keys(_ line: MetricsLine) throws -> [String]? {
    #expect(!line.json.contains("\n"))
    return try StrictJSON.parse(Array(line.json.utf8), path: "line").members?.map(\.key)
  }
}
