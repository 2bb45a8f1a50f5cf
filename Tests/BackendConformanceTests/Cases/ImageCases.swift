import Compute
import Graph

extension OpCase {
  private static let imageSizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 33, 63, 64, 65, 255, 257, 784]

  static let images = Binarization.allCases.flatMap { binarization in
    [
      gather("n pixels", binarization, sizes: imageSizes) { (images: 40, rows: 11, columns: $0) },
      gather("n rows", binarization, sizes: TestSizes.standard) {
        (images: $0 + 7, rows: $0, columns: 6)
      },
      gather("image numbers beyond 65,536", binarization, sizes: [70_000]) {
        (images: $0, rows: 200, columns: 5)
      },
    ]
  }

  private static func gather(
    _ name: String, _ binarization: Binarization, sizes: [Int],
    extents: @escaping @Sendable (Int) -> (images: Int, rows: Int, columns: Int)
  ) -> OpCase {
    let split: UInt32 = 2
    return OpCase(
      name: "gather images, \(binarization), \(name)", sizes: sizes,
      tolerance: binarization == .none ? 1e-6 : 0, formulaTolerance: 0,
      inputs: { size in
        let (images, _, columns) = extents(size)
        return [
          Input(shape: [images, columns], type: .uint8, values: .bytes), .order(images), .state,
        ]
      },
      record: { graph, inputs, size in
        [
          graph.gatherImages(
            inputs[0], order: inputs[1], state: inputs[2], rows: extents(size).rows,
            binarization: binarization, purpose: .trainingBinarisation, split: split)
        ]
      },
      formula: { inputs, size in
        let (_, rows, columns) = extents(size)
        let draws =
          switch binarization {
          case .static:
            ReferencePhilox(
              seedLow: 0, seedHigh: 0, purpose: Philox.Purpose.staticBinarisation.rawValue,
              step: split)
          case .dynamic, .none: StepState.noise(.trainingBinarisation)
          }
        let x = batch(inputs[1], rows: rows).flatMap { image in
          (0..<columns).map { j in
            let pixel = inputs[0][Int(image) * columns + j]
            return binarization == .none
              ? pixel / 255 : draws.binarised(pixel, j, sample: Int(image))
          }
        }
        return [x]
      })
  }
}
