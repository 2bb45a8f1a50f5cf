import Compute
import Graph

extension OpCase {
  /// Unfolding, folding and convolutions against sums over places, written out.
  static let convolutions =
    geometries.flatMap { name, geometry in
      [
        OpCase(
          name: "unfold, \(name)", sizes: sizes, tolerance: 0, formulaTolerance: 0,
          inputs: { [.real(imageShape(geometry($0)))] },
          record: { graph, inputs, n in [graph.unfold(inputs[0], geometry(n))] },
          formula: { inputs, n in [unfold(inputs[0], geometry(n))] }),
        OpCase(
          name: "fold, \(name)", sizes: sizes,
          inputs: { [.real([2 * places(geometry($0)), geometry($0).unfolded])] },
          record: { graph, inputs, n in [graph.fold(inputs[0], geometry(n))] },
          formula: { inputs, n in [fold(inputs[0], geometry(n))] }),
      ]
    } + [
      OpCase(
        name: "matrix products of a convolution and its transpose", sizes: [1, 3, 8],
        inputs: { n in
          let geometry = strided(n)
          return [
            .real(imageShape(geometry)), .real([5, geometry.unfolded]), .real([5]),
            .real([5, geometry.unfolded]), .real([n]),
          ]
        },
        record: { graph, inputs, n in
          let geometry = strided(n)
          let down = graph.biasActivation(
            graph.multiply(graph.unfold(inputs[0], geometry), inputs[1], transposeB: true),
            inputs[2], .identity)
          let up = graph.biasActivation(
            graph.fold(graph.multiply(down, inputs[3]), geometry), inputs[4], .identity)
          return [down, up.viewed(as: [2, geometry.height * geometry.width * n])]
        },
        formula: { inputs, n in
          let geometry = strided(n)
          let rows = 2 * places(geometry)
          let down = Reference.biased(
            Reference.product(
              unfold(inputs[0], geometry), inputs[1], m: rows, n: 5, k: geometry.unfolded,
              transposeB: true), inputs[2]
          ) { $0 }
          let product = Reference.product(down, inputs[3], m: rows, n: geometry.unfolded, k: 5)
          return [down, Reference.biased(fold(product, geometry), inputs[4]) { $0 }]
        }),
      resize("twice", from: (3, 2), to: (6, 4)), resize("uneven", from: (3, 2), to: (5, 5)),
      resize("smaller", from: (5, 4), to: (2, 3)),
      OpCase(
        name: "split heads", sizes: sizes, tolerance: 0, formulaTolerance: 0,
        inputs: { [.real([2 * 6, 3 * $0])] },
        record: { graph, inputs, n in
          [graph.splitHeads(inputs[0], pixels: 6, numbers: 3, channels: n)]
        },
        formula: { inputs, n in
          [
            (0..<2).flatMap { image in
              (0..<3).flatMap { number in
                (0..<6).flatMap { pixel in
                  (0..<n).map { inputs[0][((image * 6 + pixel) * 3 + number) * n + $0] }
                }
              }
            }
          ]
        }),
    ]

  private static let sizes = [1, 3, 32, 65]

  private static func resize(
    _ name: String, from: (height: Int, width: Int), to: (height: Int, width: Int)
  ) -> OpCase {
    OpCase(
      name: "nearest neighbour, \(name)", sizes: sizes, formulaTolerance: 0,
      inputs: { [.real([2 * from.height * from.width, $0])] },
      record: { graph, inputs, n in
        [
          graph.resize(
            inputs[0], height: from.height, width: from.width, channels: n, toHeight: to.height,
            toWidth: to.width)
        ]
      },
      formula: { inputs, n in
        var y: [Double] = []
        for image in 0..<2 {
          for row in 0..<to.height {
            for column in 0..<to.width {
              let sourceRow = row * from.height / to.height
              let sourceColumn = column * from.width / to.width
              let source = (image * from.height + sourceRow) * from.width + sourceColumn
              y += inputs[0][(source * n)..<((source + 1) * n)]
            }
          }
        }
        return [y]
      })
  }

  /// Of images with n channels.
  private static let geometries: [(String, @Sendable (Int) -> ConvolutionGeometry)] = [
    ("stride 2", strided),
    ("stride 1, same size", { geometry(5, 7, $0, 3, 3, stride: 1, padding: 1) }),
    ("no padding", { geometry(7, 4, $0, 3, 2, stride: 2, padding: 0) }),
    ("rows and columns left over", { geometry(8, 9, $0, 5, 3, stride: 3, padding: 2) }),
    ("kernel of one", { geometry(4, 3, $0, 1, 1, stride: 1, padding: 0) }),
    ("stride beyond the kernel", { geometry(7, 5, $0, 2, 1, stride: 3, padding: 0) }),
    ("padding beyond the kernel", { geometry(3, 2, $0, 2, 3, stride: 2, padding: 4) }),
  ]

  private static let strided: @Sendable (Int) -> ConvolutionGeometry = {
    geometry(6, 4, $0, 4, 4, stride: 2, padding: 1)
  }

  private static func geometry(
    _ height: Int, _ width: Int, _ channels: Int, _ kernelHeight: Int, _ kernelWidth: Int,
    stride: Int, padding: Int
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernelHeight,
      kernelWidth: kernelWidth, stride: stride, padding: padding)
  }

  private static func places(_ g: ConvolutionGeometry) -> Int { g.outHeight * g.outWidth }
  private static func imageShape(_ g: ConvolutionGeometry) -> Shape {
    [2, g.height * g.width * g.channels]
  }

  /// The element of the image behind each element of the unfolded one; nil in the padding.
  private static func sources(_ g: ConvolutionGeometry) -> [Int?] {
    var sources: [Int?] = []
    for image in 0..<2 {
      for oy in 0..<g.outHeight {
        for ox in 0..<g.outWidth {
          for ky in 0..<g.kernelHeight {
            for kx in 0..<g.kernelWidth {
              let (y, x) = (oy * g.stride - g.padding + ky, ox * g.stride - g.padding + kx)
              let isInside = (0..<g.height).contains(y) && (0..<g.width).contains(x)
              for c in 0..<g.channels {
                sources.append(
                  isInside ? ((image * g.height + y) * g.width + x) * g.channels + c : nil)
              }
            }
          }
        }
      }
    }
    return sources
  }

  private static func unfold(_ image: [Double], _ g: ConvolutionGeometry) -> [Double] {
    sources(g).map { $0.map { image[$0] } ?? 0 }
  }

  private static func fold(_ unfolded: [Double], _ g: ConvolutionGeometry) -> [Double] {
    var image = [Double](repeating: 0, count: 2 * g.height * g.width * g.channels)
    for case (let value, let source?) in zip(unfolded, sources(g)) { image[source] += value }
    return image
  }
}
