import Datasets
import Testing

@Suite struct SpritesTests {
  /// The vectors of the Random123 library.
  static let philoxVectors: [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)] = [
    (
      SIMD4(repeating: 0), SIMD2(repeating: 0),
      SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
    ),
    (
      SIMD4(repeating: .max), SIMD2(repeating: .max),
      SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
    ),
    (
      SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), SIMD2(0xA409_3822, 0x299F_31D0),
      SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
    ),
  ]

  @Test(arguments: philoxVectors)
  func philoxGivesTheKnownWords(
    _ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>, _ words: SIMD4<UInt32>
  ) {
    #expect(Sprites.philox(counter: counter, key: key) == words)
  }

  @Test func dataSetIsWhole() throws {
    let data = Sprites.dataset()
    #expect(data.name == "sprites")
    #expect((data.train.count, data.test.count) == (20_000, 4_000))
    #expect((data.train.height, data.train.width, data.train.channels) == (28, 28, 1))
    let factors = try #require(data.factors)
    #expect(factors.names == Sprites.factorNames && factors.names.count == 5)
    #expect((factors.train.count, factors.test.count) == (100_000, 20_000))
    for set in [data.train, data.test] {
      let values = factors.values(set.split)
      #expect(set.labels == (0..<set.count).map { UInt8(values[5 * $0]) })
      for image in 0..<set.count {
        let pixels = set.pixels[image * 784..<(image + 1) * 784]
        let total = pixels.reduce(0) { $0 + Int($1) }
        #expect(total > 15 * 255 && total < 115 * 255, "\(set.split) image \(image)")
      }
    }
    // FNV-1a over every training pixel: a change of one grey level anywhere is a new data set.
    let hash = data.train.pixels.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    #expect(hash == 15_858_035_776_968_331_502)
  }

  @Test func imagesDependOnSplitAndIndexAlone() {
    let many = Sprites.generate(.train, count: 50)
    let few = Sprites.generate(.train, count: 20)
    #expect(many.images.pixels.starts(with: few.images.pixels))
    #expect(many.factors.starts(with: few.factors))
    #expect(Sprites.draw(Sprites.sprite(.train, index: 19)) == Array(few.images.pixels.suffix(784)))
    #expect(Sprites.generate(.test, count: 20).factors != few.factors)
    #expect(Sprites.generate(.test, count: 0).images.count == 0)
  }

  @Test func factorsAreUniformAndIndependent() {
    let factors = Sprites.generate(.train, count: 6000).factors
    let ranges: [(Float, Float)] = [(0, 2), (0.5, 1), (0, 2 * .pi), (0, 1), (0, 1)]
    // Standardised columns: mean 0, variance 1, products 0, all to a few standard errors.
    var columns: [[Double]] = []
    for (column, range) in ranges.enumerated() {
      let values = stride(from: column, to: factors.count, by: 5).map { factors[$0] }
      #expect(values.allSatisfy { $0 >= range.0 && $0 <= range.1 })
      let middle = Double(range.0 + range.1) / 2
      let deviation =
        column == 0 ? (2.0 / 3).squareRoot() : Double(range.1 - range.0) / 12.squareRoot()
      columns.append(values.map { (Double($0) - middle) / deviation })
    }
    for first in columns.indices {
      let mean = columns[first].reduce(0, +) / 6000
      #expect(abs(mean) < 0.06)
      for second in columns.indices {
        let product = zip(columns[first], columns[second]).reduce(0) { $0 + $1.0 * $1.1 } / 6000
        #expect(abs(product - (first == second ? 1 : 0)) < 0.06, "\(first) \(second)")
      }
    }
  }

  /// Areas in pixels of the shapes of scale 1: the sum of the coverages.
  static let areas: [(Sprites.Shape, Double)] = [
    (.square, 98), (.ellipse, 24.5 * Double.pi),
    (.heart, 49 * (0.5 + Double.pi / 8) / (0.631 * 0.631)),
  ]

  @Test(arguments: areas)
  func areaIsThatOfTheShape(_ shape: Sprites.Shape, _ area: Double) {
    for step in 0..<24 {
      let position = Float(step) / 23
      for scale: Float in [0.5, 1] {
        let pixels = Sprites.draw(
          Sprites.Sprite(
            shape: shape, scale: scale, orientation: Float(step) * 0.26, x: position,
            y: 1 - position))
        let sum = pixels.reduce(0.0) { $0 + Double($1) / 255 }
        let expected = area * Double(scale * scale)
        #expect(
          abs(sum - expected) < 0.03 * expected + 0.5, "\(shape) \(scale) step \(step): \(sum)")
      }
    }
  }

  @Test(arguments: Sprites.Shape.allCases)
  func shapesStayInsideAndMoveWithXAndY(_ shape: Sprites.Shape) {
    for x: Float in [0, 1] {
      for y: Float in [0, 1] {
        for step in 0..<16 {
          let pixels = Sprites.draw(
            Sprites.Sprite(shape: shape, scale: 1, orientation: Float(step) * 0.39, x: x, y: y))
          let (row, column) = centre(pixels)
          #expect(abs(column - (x == 0 ? 7.5 : 20.5)) < 1.2, "\(shape) \(x) \(y) \(step)")
          #expect(abs(row - (y == 0 ? 7.5 : 20.5)) < 1.2, "\(shape) \(x) \(y) \(step)")
        }
      }
    }
  }

  @Test func heartStandsOnItsTipAndTurnsClockwise() {
    func lowest(_ orientation: Float) -> (row: Double, column: Double) {
      let heart = Sprites.Sprite(shape: .heart, scale: 1, orientation: orientation, x: 0.5, y: 0.5)
      return centre(Sprites.draw(heart))
    }
    // The centre of mass lies on the side of the lobes: above, then right after a quarter turn.
    #expect(lowest(0).row < 13.8 && abs(lowest(0).column - 14) < 0.05)
    #expect(lowest(.pi / 2).column > 14.2 && abs(lowest(.pi / 2).row - 14) < 0.05)
  }

  /// The centre of mass, in pixels from the upper left corner.
  private func centre(_ pixels: [UInt8]) -> (row: Double, column: Double) {
    var (total, row, column) = (0.0, 0.0, 0.0)
    for (index, pixel) in pixels.enumerated() {
      total += Double(pixel)
      row += Double(pixel) * (Double(index / 28) + 0.5)
      column += Double(pixel) * (Double(index % 28) + 0.5)
    }
    return (row / total, column / total)
  }
}
