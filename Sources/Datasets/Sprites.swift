import Foundation

/// A procedural data set with known factors: one white, anti-aliased shape on black, 28 x 28.
///
/// Every image is a function of its split and index alone, so any part of the set is the same
/// wherever it is made. The idea is that of dSprites (L. Matthey et al., 2017).
public enum Sprites {
  /// Rows and columns of an image.
  public static let side = 28
  /// Training images in the data set.
  public static let trainCount = 20_000
  /// Test images in the data set.
  public static let testCount = 4_000
  /// The factors in the order of their columns: `shape` 0 square, 1 ellipse, 2 heart; `scale` 0.5
  /// to 1; `orientation` 0 to 2 pi radians, clockwise; `x` and `y` 0 (left, top) to 1.
  public static let factorNames = ["shape", "scale", "orientation", "x", "y"]

  /// The shapes; the raw values are the labels.
  public enum Shape: UInt8, Sendable, CaseIterable {
    case square
    case ellipse
    case heart
  }

  /// What one image is made from; see `factorNames` for the units.
  public struct Sprite: Sendable, Equatable {
    public var shape: Shape
    public var scale: Float
    public var orientation: Float
    public var x: Float
    public var y: Float

    /// A sprite.
    public init(shape: Shape, scale: Float, orientation: Float, x: Float, y: Float) {
      self.shape = shape
      self.scale = scale
      self.orientation = orientation
      self.x = x
      self.y = y
    }
  }

  /// The whole data set with its factors.
  public static func dataset() -> ImageDataset {
    let train = generate(.train)
    let test = generate(.test)
    return ImageDataset(
      verified: "sprites", train: train.images, test: test.images,
      factors: Factors(verified: factorNames, train: train.factors, test: test.factors))
  }

  /// The first `count` images of a split (all of them by default), with `count x 5` factors.
  public static func generate(_ split: Split, count: Int? = nil)
    -> (images: ImageSet, factors: [Float])
  {
    let count = count ?? (split == .train ? trainCount : testCount)
    var pixels = [UInt8](repeating: 0, count: count * side * side)
    var labels: [UInt8] = []
    var factors: [Float] = []
    labels.reserveCapacity(count)
    factors.reserveCapacity(count * factorNames.count)
    pixels.withUnsafeMutableBufferPointer { pixels in
      for index in 0..<count {
        let sprite = sprite(split, index: index)
        let range = index * side * side..<(index + 1) * side * side
        draw(sprite, into: UnsafeMutableBufferPointer(rebasing: pixels[range]))
        labels.append(sprite.shape.rawValue)
        factors += [
          Float(sprite.shape.rawValue), sprite.scale, sprite.orientation, sprite.x, sprite.y,
        ]
      }
    }
    let images = ImageSet(
      verified: "sprites", split: split, count: count, height: side, width: side, pixels: pixels,
      labels: labels)
    return (images, factors)
  }

  /// The factors of one image, uniform and independent: Philox4x32-10 with the key (0, 0) and the
  /// counters (block, index, `Split.number`, 9).
  public static func sprite(_ split: Split, index: Int) -> Sprite {
    func block(_ number: UInt32) -> SIMD4<UInt32> {
      philox(
        counter: SIMD4(number, UInt32(index), split.number, 9), key: SIMD2(0, 0))
    }
    let first = block(0)
    let second = block(1)
    let shape = UInt8((UInt64(first[0]) * UInt64(Shape.allCases.count)) >> 32)
    return Sprite(
      shape: Shape(rawValue: shape) ?? .square,
      scale: 0.5 + 0.5 * unit(first[1]),
      orientation: 2 * Float.pi * unit(first[2]),
      x: unit(first[3]),
      y: unit(second[0]))
  }

  /// A word as a number of [0, 1): its 24 highest bits.
  private static func unit(_ word: UInt32) -> Float {
    Float(word >> 8) * 0x1p-24
  }
}
