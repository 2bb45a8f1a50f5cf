import Compute
import Foundation
import Graph

extension OpCase {
  static let optimizers = [
    adam("three steps", clipFactor: 1),
    adam("three clipped steps", clipFactor: 0.25),
    adam("held by the guard", clipFactor: 1, isHeld: true),
    finishBackward("no clipping", maximumNorm: 0),
    finishBackward("clipped", maximumNorm: 0.5),
    finishBackward("norm below the maximum", maximumNorm: 1e6),
    // Squares beyond float32 on either side.
    finishBackward("clipped from beyond float32's roots", maximumNorm: 0.5, scale: 1e20),
    finishBackward("clipped, all but 0", maximumNorm: 1e-26, scale: 1e-25),
  ]

  private static let rate = 0.01
  private static let (beta1, beta2, epsilon) = (0.8, 0.99, 1e-7)
  private static let settings = {
    var settings = AdamSettings()
    (settings.beta1, settings.beta2, settings.epsilon) = (beta1, beta2, epsilon)
    return settings
  }()

  /// Three steps in one program, each with a gradient and bias corrections of its own.
  private static func adam(_ name: String, clipFactor: Double, isHeld: Bool = false) -> OpCase {
    OpCase(
      name: "Adam, \(name)", sizes: TestSizes.standard + [40_000],
      inputs: { size in
        let scalars = (1...3).map { step in
          Input.fixed([
            rate, 1, 1 / (1 - pow(beta1, Double(step))),
            1 / (1 - pow(beta2, Double(step))).squareRoot(),
          ])
        }
        let zeros = [Double](repeating: 0, count: size)
        return [.constant([size]), .constant([size]), .constant([size])] + scalars
          + [
            .fixed([clipFactor, isHeld ? 1 : 0]), .constant([size], -0.1, 0.1), .fixed(zeros),
            .fixed(zeros),
          ]
      },
      record: { graph, inputs, _ in
        for step in 0..<3 {
          graph.adam(
            gradient: inputs[step], scalars: inputs[3 + step], guardFlags: inputs[6],
            parameter: inputs[7], firstMoment: inputs[8], secondMoment: inputs[9],
            settings: settings)
        }
        return [inputs[7], inputs[8], inputs[9]]
      },
      formula: { inputs, size in
        var (parameter, m, v) = (inputs[7], inputs[8], inputs[9])
        guard !isHeld else { return [parameter, m, v] }
        for step in 1...3 {
          for i in 0..<size {
            let gradient = clipFactor * inputs[step - 1][i]
            m[i] = beta1 * m[i] + (1 - beta1) * gradient
            v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient
            let mean = m[i] / (1 - pow(beta1, Double(step)))
            let square = v[i] / (1 - pow(beta2, Double(step)))
            parameter[i] -= rate * mean / (square.squareRoot() + epsilon)
          }
        }
        return [parameter, m, v]
      })
  }

  private static func finishBackward(
    _ name: String, maximumNorm: Double, scale: Double = 1
  ) -> OpCase {
    OpCase(
      name: "finish backward, \(name)", sizes: TestSizes.standard + [5000],
      inputs: { size in
        [
          .constant([size], 0.5 * scale, 2 * scale), .constant([3]), .state, .fixed([0.125, 0]),
          .constant([4, 4]), .constant([8]), .constant([8]),
          .fixed([Double](repeating: 5, count: 32), [4, 8], .uint32), .constant([4, 8]),
        ]
      },
      record: { graph, inputs, _ in
        graph.finishBackward(
          gradients: inputs[0], objective: inputs[1],
          step: StepTensors(
            state: inputs[2], scalars: inputs[5], update: inputs[6], stateTable: inputs[7],
            scalarTable: inputs[8]),
          guardFlags: inputs[3], history: inputs[4], maximumNorm: maximumNorm)
        return [inputs[3], inputs[4], inputs[5], inputs[6]]
      },
      formula: { inputs, _ in
        let norm = inputs[0].reduce(0) { $0 + $1 * $1 }.squareRoot()
        var history = inputs[4]
        let slot = StepState.historySlot * 4
        history.replaceSubrange(slot..<(slot + 4), with: inputs[1] + [norm])
        let next = 8 * (StepState.historySlot + 1)
        return [
          [maximumNorm > 0 ? min(1, maximumNorm / norm) : 1, 0], history,
          Array(inputs[8][next..<(next + 8)]), inputs[5],
        ]
      })
  }
}
