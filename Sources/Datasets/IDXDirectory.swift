import FileFormats
import Foundation

/// A directory with the four files of MNIST, under any of the names they go by.
struct IDXDirectory {
  let path: String

  /// Reads the images of `split`, and its labels where there is a file of them.
  func load(_ split: Split, name: String) throws(FileError) -> ImageSet {
    let stem = split == .train ? "train" : "t10k"
    guard
      let imageFile = find("\(stem)-images", "idx3-ubyte") ?? find("\(stem)-images", "idx4-ubyte")
    else {
      throw FileError(
        .missing, path: "\(path)/\(stem)-images-idx3-ubyte.gz",
        problem: "no such file, plain or gzipped",
        advice: "a data set's directory holds train-images-idx3-ubyte and t10k-images-idx3-ubyte, "
          + "each with .gz or without, or idx4 for images with channels")
    }
    let images = try IDX.readImages(imageFile)
    var labels: [UInt8]?
    if let labelFile = find("\(stem)-labels", "idx1-ubyte") {
      let values = try IDX.readLabels(labelFile)
      guard values.count == images.count else {
        throw FileError(
          .mismatch, path: labelFile,
          problem: "has \(values.count) labels for the \(images.count) images of \(imageFile)")
      }
      labels = values
    }
    return ImageSet(
      verified: name, split: split, count: images.count, height: images.height, width: images.width,
      channels: images.channels, pixels: images.pixels, labels: labels)
  }

  private func find(_ stem: String, _ kind: String) -> String? {
    let names = ["\(stem)-\(kind)", "\(stem)-\(kind).gz", "\(stem).\(kind)", "\(stem).\(kind).gz"]
    return names.map { "\(path)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
  }
}
