import Foundation
import Testing
import VAEGPU

struct LatentPathTests {
  @Test(
    "The inverse normal distribution function has its known values",
    arguments: [
      (0.5, 0), (0.975, 1.959963984540054), (0.841344746068543, 1),
      (0.9986501019683699, 3), (0.02425, -1.9729610513118848), (0.001, -3.090232306167813),
      (1e-10, -6.361340902404056), (1e-20, -9.262340089798405), (1e-100, -21.273453560965324),
    ])
  func inverseNormal(probability: Double, quantile: Double) {
    #expect(
      abs(LatentPaths.inverseNormalCDF(probability) - quantile) <= 4e-15 * max(1, abs(quantile)))
  }

  @Test("It is odd about one half, grows, and undoes the distribution function")
  func inverseNormalProperties() {
    var before = -Double.infinity
    for index in 1..<1024 {
      let p = Double(index) / 1024
      let x = LatentPaths.inverseNormalCDF(p)
      #expect(abs(x + LatentPaths.inverseNormalCDF(1 - p)) < 1e-14)
      #expect(x > before)
      #expect(abs(0.5 * erfc(-x / 2.0.squareRoot()) - p) < 1e-15)
      before = x
    }
    #expect(LatentPaths.inverseNormalCDF(.leastNormalMagnitude) < -37)
  }

  @Test("A path begins and ends at its ends", arguments: LatentPaths.Kind.allCases)
  func ends(kind: LatentPaths.Kind) throws {
    let (a, b) = ([1, -2, 0.5] as [Float], [0.25, 3, -1] as [Float])
    for count in [2, 3, 10] {
      let path = try LatentPaths.between(a, b, count: count, kind: kind)
      #expect(path.count == count && path[0] == a)
      #expect(zip(path[count - 1], b).allSatisfy { abs($0 - $1) < 1e-6 })
    }
    #expect(try LatentPaths.between(a, b, count: 1, kind: kind) == [a])
  }

  @Test("A linear path has even steps")
  func linear() throws {
    let path = try LatentPaths.between([0, 8], [4, 0], count: 5, kind: .linear)
    #expect(path == [[0, 8], [1, 6], [2, 4], [3, 2], [4, 0]])
  }

  @Test("A spherical path turns evenly while its length goes evenly from one end's to the other's")
  func spherical() throws {
    let (a, b) = ([3, 0, 4] as [Float], [0, 2, 0] as [Float])
    let path = try LatentPaths.between(a, b, count: 9, kind: .spherical)
    for (index, z) in path.enumerated() {
      let t = Double(index) / 8
      #expect(abs(norm(z) - ((1 - t) * 5 + t * 2)) < 1e-6)
    }
    let angles = zip(path, path.dropFirst()).map { angle($0, $1) }
    for angle in angles { #expect(abs(angle - .pi / 16) < 1e-6) }
    // Between points of one length it stays on their sphere.
    for z in try LatentPaths.between([1, 0], [0, 1], count: 7, kind: .spherical) {
      #expect(abs(norm(z) - 1) < 1e-6)
    }
  }

  @Test("Between parallel, opposite or zero ends a spherical path is the straight one")
  func degenerate() throws {
    let ends: [([Float], [Float])] = [
      ([1, 2], [2, 4]), ([1, 2], [-1, -2]), ([0, 0], [1, 1]), ([1, 1], [0, 0]), ([0], [0]),
      ([1, 2], [1, 2]),
    ]
    for (a, b) in ends {
      let path = try LatentPaths.between(a, b, count: 5, kind: .spherical)
      #expect(try path == LatentPaths.between(a, b, count: 5, kind: .linear))
      #expect(path.joined().allSatisfy { $0.isFinite })
    }
  }

  @Test("A plane has quantiles rising to the right and upwards, and zeros elsewhere")
  func plane() throws {
    let side = 5
    let values = try LatentPaths.plane(side: side, first: 3, second: 1, latents: 4)
    #expect(values.count == side * side * 4)
    for row in 0..<side {
      for column in 0..<side {
        let z = Array(values[(4 * (row * side + column))..<(4 * (row * side + column) + 4)])
        #expect(z[0] == 0 && z[2] == 0)
        #expect(z[3] == Float(LatentPaths.inverseNormalCDF((Double(column) + 0.5) / 5)))
        #expect(z[1] == Float(LatentPaths.inverseNormalCDF((Double(side - 1 - row) + 0.5) / 5)))
      }
    }
    #expect(Array(values[(4 * 12)..<(4 * 13)]) == [0, 0, 0, 0], "the middle is the origin")
    #expect(try LatentPaths.plane(side: 1, first: 0, second: 0, latents: 2) == [0, 0])
  }

  private func norm(_ z: [Float]) -> Double {
    z.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private func angle(_ a: [Float], _ b: [Float]) -> Double {
    let dot = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    return acos(min(1, dot / norm(a) / norm(b)))
  }
}
