import FileFormats
import VAEGPU

/// A picture or an array, by the ending of its name.
struct OutputFile {
  enum Kind: String {
    case png
    case npy
  }

  let path: String
  let kind: Kind

  /// Images that a PNG grid holds at most.
  static let pictureLimit = 10_000
  /// Images that an array holds at most.
  static let arrayLimit = 1_000_000

  init(_ path: String, allowing kinds: [Kind] = [.png, .npy]) throws {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    guard path.contains("."), let kind = Kind(rawValue: ending), kinds.contains(kind) else {
      let endings = kinds.map { ".\($0.rawValue)" }.joined(separator: " or ")
      throw UsageError("--output \(path): the name must end in \(endings)")
    }
    self.path = path
    self.kind = kind
  }

  /// Throws for more images than the format is good for.
  func check(count: Int, flag: String) throws {
    let limit = kind == .png ? Self.pictureLimit : Self.arrayLimit
    guard count <= limit else {
      let advice = kind == .png && count <= Self.arrayLimit ? "; an .npy file holds more" : ""
      throw UsageError("\(flag): \(count) images are too many, at most \(limit)" + advice)
    }
  }

  /// Writes images of the model's size; `leading` are the dimensions of the array before the image's.
  func write(_ images: [Float], leading: [Int], columns: Int, by run: OpenedRun) throws {
    try run.checkFinite(images, "pixels")
    let vae = run.vae
    let image = vae.configuration.image
    switch kind {
    case .png:
      try checkChannels(image)
      try Pictures.grid(images, vae: vae, columns: columns).write(to: path)
    case .npy:
      let channels = image.channels == 1 ? [] : [image.channels]
      try NPY.write(
        shape: leading + [image.height, image.width] + channels, values: images, to: path)
    }
  }

  func checkChannels(_ image: ImageShape) throws {
    guard image.channels == 1 || image.channels == 3 else {
      throw UsageError(
        "--output \(path): a PNG has 1 or 3 channels, the model's images \(image.channels); "
          + "write an .npy file")
    }
  }
}
