import Compute
import Foundation
import Testing
import VAEGPU

/// Every gradient of a training step against central differences of its loss, in float64.
@MainActor struct ModelGradientTests {
  @Test(
    "The gradient of the loss by every parameter is its finite difference", arguments: ModelCase.all
  )
  func gradients(model: ModelCase) throws {
    let check = try GradientCheck(model.configuration, data: Self.images, rows: 7)
    var worst = Worst()
    for (parameter, error) in try check.errors() {
      #expect(error < 1e-6, "\(parameter)")
      worst.add(error)
    }
    print("Finite differences, \(model.testDescription): \(worst.text)")
  }

  @Test("The weight of the KL term is beta", arguments: [0, 0.25, 4])
  func beta(beta: Double) throws {
    var configuration = RunConfiguration.small
    configuration.beta = beta
    let row = try GradientCheck(configuration, data: Self.images, rows: 7).run()
    #expect(relativeError(row[0], beta * row[2] - row[1]) < 1e-15)
  }

  private static let images = TestImages.dataset(train: 9, side: 5)
}
