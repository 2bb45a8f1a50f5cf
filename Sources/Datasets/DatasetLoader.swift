import Dispatch
import FileFormats
import Foundation
import Synchronization

/// Finds and reads a data set by its name or its directory.
public enum DatasetLoader {
  /// The names that `load` knows; anything else is a directory.
  public static let knownNames = ["fashion-mnist", "sprites"]

  /// Where Debian's package dataset-fashion-mnist puts its files.
  public static let fashionMNISTDirectory = "/usr/share/datasets/fashion-mnist"

  /// Loads both halves of `spec`: a known name, or a directory with files in the IDX format named
  /// as MNIST's. A known name wins over a directory of that name; write `./NAME` for the latter.
  public static func load(_ spec: String) throws(FileError) -> ImageDataset {
    let source = try Source(spec)
    if source == .sprites { return Sprites.dataset() }
    let (train, test) = try loadBoth(source)
    guard train.size == test.size else {
      throw FileError(
        .mismatch, path: spec,
        problem: "its training images are \(train.size) and its test images \(test.size)")
    }
    return ImageDataset(verified: train.name, train: train, test: test)
  }

  /// Loads one part of `spec`; the other file need not exist.
  ///
  /// - Parameter validation: the number of training images that are held out.
  public static func load(
    _ spec: String, split: Split, validation: Int = 0
  ) throws(FileError) -> ImageSet {
    let set = try load(try Source(spec), split: split == .validation ? .train : split)
    guard split != .test, validation > 0 || split == .validation else { return set }
    guard (1..<set.count).contains(validation) else {
      throw FileError(
        .mismatch, path: spec,
        problem: "\(validation) of its \(set.count) training images are held out for validation")
    }
    let rest = set.count - validation
    return split == .train
      ? set.images(0..<rest, .train) : set.images(rest..<set.count, .validation)
  }

  /// The halves side by side: most of the time goes into inflating them.
  private static func loadBoth(_ source: Source) throws(FileError) -> (ImageSet, ImageSet) {
    let halves = Mutex<[Split: Result<ImageSet, FileError>]>([:])
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      let split = index == 0 ? Split.train : .test
      let half = Result { () throws(FileError) in try load(source, split: split) }
      halves.withLock { $0[split] = half }
    }
    guard let train = halves.withLock({ $0[.train] }), let test = halves.withLock({ $0[.test] })
    else { preconditionFailure("a half was not loaded") }
    return (try train.get(), try test.get())
  }

  private static func load(_ source: Source, split: Split) throws(FileError) -> ImageSet {
    switch source {
    case .sprites:
      return Sprites.generate(split).images
    case .directory(let path, let name):
      return try IDXDirectory(path: path).load(split, name: name)
    }
  }

  /// What a spec stands for.
  private enum Source: Equatable, Sendable {
    case sprites
    case directory(path: String, name: String)

    init(_ spec: String) throws(FileError) {
      switch spec {
      case "sprites":
        self = .sprites
      case "fashion-mnist":
        guard isDirectory(fashionMNISTDirectory) else {
          throw FileError(
            .missing, path: fashionMNISTDirectory, problem: "no such directory",
            advice: "install Debian's package dataset-fashion-mnist: "
              + "apt-get install dataset-fashion-mnist, or give --data a directory")
        }
        self = .directory(path: fashionMNISTDirectory, name: spec)
      default:
        guard isDirectory(spec) else { throw unknown(spec) }
        let name = URL(fileURLWithPath: spec).standardizedFileURL.lastPathComponent
        self = .directory(path: spec, name: name)
      }
    }
  }

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
  }

  private static func unknown(_ spec: String) -> FileError {
    let shown = spec.isEmpty ? "\"\"" : spec
    if !spec.isEmpty && FileManager.default.fileExists(atPath: spec) {
      return FileError(
        .unreadable, path: shown, problem: "is a file, and a data set is a directory",
        advice: "give the directory that holds it")
    }
    let known = "known data sets: \(knownNames.joined(separator: ", ")); or give a directory"
    guard let nearest = NearestName.find(spec, in: knownNames) else {
      return FileError(
        .missing, path: shown, problem: "no data set or directory of this name", advice: known)
    }
    return FileError(
      .missing, path: shown, problem: "no data set or directory of this name",
      advice: "did you mean \(FileError.quoted(nearest))? \(known)")
  }
}
