import Foundation

extension Sprites {
  /// The circle around a shape of scale 1, in pixels.
  private static let radius: Float = 7
  /// The least distance between that circle and the border, in pixels.
  private static let margin: Float = 0.5

  /// The `side x side` grey levels of one sprite, row-major.
  public static func draw(_ sprite: Sprite) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: side * side)
    pixels.withUnsafeMutableBufferPointer { draw(sprite, into: $0) }
    return pixels
  }

  /// Sets the pixels that the sprite covers: coverage = clamp(1/2 - d, 0, 1), d the signed
  /// distance of the pixel's centre from the outline in pixels. The rest must be 0.
  static func draw(_ sprite: Sprite, into pixels: UnsafeMutableBufferPointer<UInt8>) {
    let size = radius * sprite.scale
    let range = Float(side) - 2 * (radius + margin)
    let centreX = radius + margin + range * sprite.x
    let centreY = radius + margin + range * sprite.y
    // In double precision and then rounded, so that all C libraries give the same pixels.
    let cosine = Float(cos(Double(sprite.orientation)))
    let sine = Float(sin(Double(sprite.orientation)))
    let columns = covered(centreX, size)
    let rows = covered(centreY, size)
    for row in rows {
      for column in columns {
        let dx = Float(column) + 0.5 - centreX
        let dy = Float(row) + 0.5 - centreY
        if dx * dx + dy * dy > (size + 1) * (size + 1) { continue }
        let point = SIMD2(cosine * dx + sine * dy, cosine * dy - sine * dx)
        let distance = Self.distance(sprite.shape, to: point, size: size)
        let coverage = min(max(0.5 - distance, 0), 1)
        pixels[row * side + column] = UInt8((255 * coverage).rounded())
      }
    }
  }

  /// The rows or columns that a circle of radius `size` and its soft edge can touch.
  private static func covered(_ centre: Float, _ size: Float) -> Range<Int> {
    max(0, Int(centre - size - 1))..<min(side, Int(centre + size + 1) + 1)
  }

  /// The signed distance from the outline of a shape that fits a circle of radius `size` around
  /// the origin, negative inside; y points down. Source: I. Quilez, "2D distance functions".
  private static func distance(_ shape: Shape, to point: SIMD2<Float>, size: Float) -> Float {
    switch shape {
    case .square: squareDistance(point, halfSide: size * Float(0.5).squareRoot())
    case .ellipse: ellipseDistance(point, axes: SIMD2(size, size / 2))
    case .heart: heartDistance(point / (size * heartUnit)) * size * heartUnit
    }
  }

  private static func squareDistance(_ point: SIMD2<Float>, halfSide: Float) -> Float {
    let x = abs(point.x) - halfSide
    let y = abs(point.y) - halfSide
    let outside = SIMD2(max(x, 0), max(y, 0))
    return length(outside) + min(max(x, y), 0)
  }

  /// To first order, f / |grad f|, which is exact on the outline and right to a small part of a
  /// pixel in the soft edge.
  private static func ellipseDistance(_ point: SIMD2<Float>, axes: SIMD2<Float>) -> Float {
    let scaled = length(point / axes)
    let gradient = length(point / (axes * axes))
    return gradient > 0 ? scaled * (scaled - 1) / gradient : -axes.y
  }

  /// 1 / the radius of the circle around the heart, whose centre is 0.63 above its tip.
  private static let heartUnit: Float = 1 / 0.631

  /// The heart has its tip at the origin, its notch at (0, 1) and two arcs around (1/4, 3/4).
  private static func heartDistance(_ point: SIMD2<Float>) -> Float {
    let x = abs(point.x)
    let y = 0.63 - point.y
    if x + y > 1 {
      return length(SIMD2(x - 0.25, y - 0.75)) - Float(0.125).squareRoot()
    }
    let half = 0.5 * max(x + y, 0)
    let outline = min(length(SIMD2(x, y - 1)), length(SIMD2(x - half, y - half)))
    return x > y ? outline : -outline
  }

  private static func length(_ vector: SIMD2<Float>) -> Float {
    (vector.x * vector.x + vector.y * vector.y).squareRoot()
  }
}
