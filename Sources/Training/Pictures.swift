import Datasets
import FileFormats

/// The pictures of a run, as grids of images.
public enum Pictures {
  /// `columns` images a row; three times the size for small images. Images with another number of channels than 1 or 3 are shown
  /// channel by channel, side by side.
  ///
  /// Throws `ArgumentError` for values that are not whole images of the model's size, and for none.
  public static func grid(
    _ images: [Float], vae: VAE, columns: Int
  ) throws(ArgumentError) -> PNGImage {
    let shape = vae.configuration.image
    try ArgumentError.check(
      !images.isEmpty && images.count.isMultiple(of: shape.count), "Pictures.grid(images)",
      "\(images.count) values for images of \(shape)")
    try ArgumentError.check(columns > 0, "Pictures.grid(columns)", "\(columns) columns")
    guard [1, 3].contains(shape.channels) else {
      let (pixels, channels) = (shape.height * shape.width, shape.channels)
      let planes = (0..<images.count).map { index in
        let (plane, pixel) = index.quotientAndRemainder(dividingBy: pixels)
        return images[(plane / channels * pixels + pixel) * channels + plane % channels]
      }
      return try ImageGrid.compose(
        images: planes, count: images.count / pixels, height: shape.height, width: shape.width,
        channels: 1, columns: columns * channels, scale: max(1, 84 / max(shape.height, shape.width))
      )
    }
    return try ImageGrid.compose(
      images: images, count: images.count / max(shape.count, 1), height: shape.height,
      width: shape.width, channels: shape.channels, columns: columns,
      scale: max(1, 84 / max(shape.height, shape.width, 1)))
  }

  /// Rows of originals, each above the row of their reconstructions.
  public static func pairs(
    originals: [Float], reconstructions: [Float], vae: VAE, columns: Int
  ) throws(ArgumentError) -> PNGImage {
    try ArgumentError.check(
      originals.count == reconstructions.count, "Pictures.pairs(reconstructions)",
      "\(reconstructions.count) values for \(originals.count) of the originals")
    try ArgumentError.check(columns > 0, "Pictures.pairs(columns)", "\(columns) columns")
    let size = vae.configuration.image.count
    let count = originals.count / max(size, 1)
    var images: [Float] = []
    for start in stride(from: 0, to: count, by: columns) {
      let end = min(count, start + columns)
      let blank = [Float](repeating: 0, count: (columns - (end - start)) * size)
      let padding = end < count || count <= columns ? [] : blank
      images += originals[(start * size)..<(end * size)] + padding
      images += reconstructions[(start * size)..<(end * size)] + padding
    }
    return try grid(images, vae: vae, columns: min(columns, max(count, 1)))
  }

  /// samples.png (64 draws from the prior) and reconstructions.png (the first 30 test images, by the posterior mean). Files that
  /// hold these pictures already stay as they are.
  public static func write(_ vae: VAE, test: ImageSet, seed: UInt64, to run: RunDirectory) throws {
    let samples = try vae.sample(count: 64, seed: seed)
    try AtomicFile.update(
      grid(samples, vae: vae, columns: 8).encoded(path: run.samples), at: run.samples)
    let originals = try (0..<min(30, test.count)).flatMap { try test.image($0) }
    let reconstructions = try vae.reconstruct(originals, mean: true)
    try AtomicFile.update(
      pairs(originals: originals, reconstructions: reconstructions, vae: vae, columns: 10)
        .encoded(path: run.reconstructions), at: run.reconstructions)
  }
}
