import Foundation

/// The speeds of one set of parameters.
package struct CLBlastMeasurement: Sendable {
  /// A size that no product has.
  static let never = 1 << 20

  package let parameters: CLBlastParameters
  /// GFLOP/s of each shape.
  var gflops: [Double] = []
  var isExact: [Bool] = []
  var refusal: String?

  package init(parameters: CLBlastParameters, gflops: [Double] = []) {
    self.parameters = parameters
    self.gflops = gflops
  }

  /// The geometric mean; nil if a shape was refused.
  var mean: Double? { refusal == nil && !gflops.isEmpty ? Self.mean(gflops) : nil }

  private static func mean(_ values: [Double]) -> Double {
    exp(values.map { log($0) }.reduce(0, +) / Double(values.count))
  }

  /// The fastest way to give the smaller products to a direct kernel and the larger ones to an indirect kernel.
  package static func best(
    _ direct: [CLBlastMeasurement], _ indirect: [CLBlastMeasurement], _ shapes: [GemmShape]
  ) -> CLBlastParameters? {
    let sizes = shapes.map { $0.m * $0.n * $0.k }
    let minimums = Set(sizes.map { Int(cbrt(Double($0)).rounded(.down)) + 1 } + [1]).sorted()
    var best: (parameters: CLBlastParameters, mean: Double)?
    for direct in direct {
      for indirect in indirect {
        for minimum in minimums {
          let speeds = sizes.indices.map {
            (sizes[$0] < minimum * minimum * minimum ? direct : indirect).gflops[$0]
          }
          let mean = mean(speeds)
          guard mean > best?.mean ?? 0 else { continue }
          let parameters = CLBlastParameters(
            direct: direct.parameters.direct, indirect: indirect.parameters.indirect,
            minimum: minimum)
          best = (parameters, mean)
        }
      }
    }
    return best?.parameters
  }
}
