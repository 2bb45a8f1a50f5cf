import Compute
import Graph

extension OpCase {
  static let elementwise = [
    OpCase(
      name: "add", sizes: TestSizes.standard + [40_000],
      inputs: { [.real([$0]), .real([$0])] },
      record: { graph, inputs, _ in [graph.add(inputs[0], inputs[1])] },
      formula: { inputs, _ in [zip(inputs[0], inputs[1]).map { $0 + $1 }] }),
    OpCase(
      name: "duplicate", sizes: TestSizes.standard + [40_000], tolerance: 0, formulaTolerance: 0,
      inputs: { [.real([$0, 2])] },
      record: { graph, inputs, _ in [graph.duplicate(inputs[0])] },
      formula: { inputs, _ in [inputs[0]] }),
    OpCase(
      name: "gate",
      inputs: { [.real([3, 2 * $0], -6, 6)] },
      record: { graph, inputs, _ in [graph.gate(inputs[0])] },
      formula: { inputs, n in
        [
          (0..<3 * n).map { index in
            let (row, j) = (index / n, index % n)
            return inputs[0][2 * row * n + j] * Reference.sigmoid(inputs[0][(2 * row + 1) * n + j])
          }
        ]
      }),
    OpCase(
      name: "a tensor used three times",
      inputs: { [.real([$0, 3])] },
      record: { graph, inputs, _ in
        let square = graph.multiply(inputs[0], inputs[0], transposeA: true)
        return [graph.add(square, graph.multiply(inputs[0], inputs[0], transposeA: true)), square]
      },
      formula: { inputs, size in
        let square = Reference.product(
          inputs[0], inputs[0], m: 3, n: 3, k: size, transposeA: true)
        return [square.map { 2 * $0 }, square]
      }),
  ]
}
