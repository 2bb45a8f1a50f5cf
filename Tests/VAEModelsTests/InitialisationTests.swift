import NeuralNetwork
import TestSupport
import Testing
import VAEModels

/// First weights are (2u - 1) / sqrt(inputs), u the Philox uniform of (seed, 1, tensor, element).
struct InitialisationTests {
  @Test(
    "The first weights follow from the seed by Philox",
    arguments: [0, 1, 0x1_2345_6789, UInt64.max], [[], [16], [16, 12]])
  func philox(seed: UInt64, hidden: [Int]) throws {
    let layout = Self.layout(hidden)
    let values = layout.initialValues(seed: seed)
    var inputs = 0
    for (index, parameter) in layout.parameters.enumerated() {
      if parameter.name == "likelihood.log_sigma" {
        #expect(values[index] == [0])
        continue
      }
      // A bias has the bound of its weight.
      if parameter.shape.count == 2 { inputs = parameter.shape[1] }
      let words = ReferencePhilox.words(
        seed: seed, purpose: 1, sample: UInt32(index), count: parameter.count)
      let expected = words.map {
        Float((2 * (Double($0 >> 8) * 0x1p-24) - 1) * (1 / Double(inputs).squareRoot()))
      }
      #expect(values[index] == expected, "\(parameter.name)")
    }
  }

  @Test("They fill their range evenly and differ from tensor to tensor and seed to seed")
  func distribution() {
    let layout = Self.layout([300])
    let values = layout.initialValues(seed: 5)
    let weights = values[0].map(Double.init)
    let bound = 0.2  // 25 pixels
    let mean = weights.reduce(0, +) / Double(weights.count)
    let variance = weights.reduce(0) { $0 + $1 * $1 } / Double(weights.count)
    #expect(abs(mean) < 0.01 && abs(variance / (bound * bound / 3) - 1) < 0.05)
    #expect(weights.allSatisfy { abs($0) <= bound } && weights.contains { abs($0) > 0.99 * bound })
    #expect(Set(values.map { $0[0] }).count == values.count)
    #expect(layout.initialValues(seed: 6)[0] != values[0])
    #expect(layout.initialValues(seed: 5) == values)
  }

  @Test("Glorot's weights are uniform up to sqrt(6 / (inputs + outputs)), and biases are 0")
  func glorot() throws {
    let layout = Self.layout([300])
    let (values, others) = (layout.initialValues(seed: 5, .glorot), layout.initialValues(seed: 5))
    for (index, parameter) in layout.parameters.enumerated() {
      guard parameter.shape.count == 2 else {
        #expect(values[index].allSatisfy { $0 == 0 }, "\(parameter.name)")
        continue
      }
      let (outputs, inputs) = (Double(parameter.shape[0]), Double(parameter.shape[1]))
      let ratio = (6 / (inputs + outputs)).squareRoot() * inputs.squareRoot()
      let isScaled = zip(values[index], others[index]).allSatisfy {
        abs(Double($0) - ratio * Double($1)) < 1e-6
      }
      #expect(isScaled, "\(parameter.name)")
    }
    // [outputs, 4, 4, inputs] of a convolution: 16 places.
    let convolution = ModelRegistry.make(
      ModelConfiguration(model: "conv", image: ImageShape(height: 28, width: 28), hidden: [])
    ).layout
    let second = try #require(
      convolution.initialValues(seed: 5, .glorot)[2].map { abs($0) }.max())
    #expect(convolution.parameters[2].name == "encoder.1.weight")
    let bound = Float((6 / (16.0 * (32 + 64))).squareRoot())
    #expect(second <= bound && second > 0.99 * bound)
  }

  private static func layout(_ hidden: [Int]) -> ParameterLayout {
    ModelRegistry.make(
      ModelConfiguration(
        image: ImageShape(height: 5, width: 5), hidden: hidden, latent: 5, likelihood: "gaussian")
    ).layout
  }
}
