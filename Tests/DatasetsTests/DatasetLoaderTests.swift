import Datasets
import FileFormats
import Foundation
import TestSupport
import Testing

@Suite struct DatasetLoaderTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Writes the files of a tiny data set: 3 training and 2 test images of 2 x 2.
  func writeFiles(_ names: [String: [UInt8]]) throws {
    for (name, bytes) in names { _ = try scratch.file(name, bytes) }
  }

  static let train = IDXTests.idx(IDX.imagesMagic, [3, 2, 2])
  static let test = IDXTests.idx(IDX.imagesMagic, [2, 2, 2])
  static let trainLabels = IDXTests.idx(IDX.labelsMagic, [3])
  static let testLabels = IDXTests.idx(IDX.labelsMagic, [2])

  @Test(arguments: ["-", "."], [false, true])
  func directoryIsRead(_ separator: String, _ packed: Bool) throws {
    func entry(_ name: String, _ kind: String, _ bytes: [UInt8]) -> (String, [UInt8]) {
      packed
        ? ("\(name)\(separator)\(kind).gz", gzip(bytes)) : ("\(name)\(separator)\(kind)", bytes)
    }
    try writeFiles(
      Dictionary(uniqueKeysWithValues: [
        entry("train-images", "idx3-ubyte", Self.train),
        entry("train-labels", "idx1-ubyte", Self.trainLabels),
        entry("t10k-images", "idx3-ubyte", Self.test),
      ]))
    let data = try DatasetLoader.load(scratch.path + "/")
    #expect(data.name == URL(fileURLWithPath: scratch.path).lastPathComponent)
    #expect((data.train.count, data.test.count) == (3, 2))
    #expect((data.train.height, data.train.width, data.train.channels) == (2, 2, 1))
    #expect(data.train.pixelsPerImage == 4 && data.train.pixels == Array(Self.train[16...]))
    #expect(data.train.labels == [0, 7, 14] && data.test.labels == nil)
    #expect(data.train.split == .train && data.test.split == .test && data.factors == nil)
    #expect(try data.train.image(1) == data.train.pixels[4..<8].map { Float($0) / 255 })
    #expect(try DatasetLoader.load(scratch.path, split: .test) == data.test)
    let parts = try data.holdingOut(1)
    #expect(parts.train == data.train.first(2) && parts.test == data.test)
    #expect(try parts.validation?.image(0) == data.train.image(2))
    #expect(parts.validation?.labels == [14] && parts.validation?.split == .validation)
    for (split, set) in [(Split.train, parts.train), (.validation, parts.validation)] {
      #expect(try DatasetLoader.load(scratch.path, split: split, validation: 1) == set)
    }
    expectFailure(.mismatch, [scratch.path]) { () throws(FileError) in
      try DatasetLoader.load(scratch.path, split: .validation, validation: 3)
    }
  }

  @Test func missingHalfIsNamed() throws {
    expectFailure(.missing, ["train-images-idx3-ubyte"]) { () throws(FileError) in
      try DatasetLoader.load(scratch.path)
    }
    try writeFiles(["train-images-idx3-ubyte": Self.train])
    expectFailure(.missing, ["t10k-images-idx3-ubyte"]) { () throws(FileError) in
      try DatasetLoader.load(scratch.path)
    }
    #expect(try DatasetLoader.load(scratch.path, split: .train).count == 3)
  }

  @Test func halvesMustAgree() throws {
    try writeFiles([
      "train-images-idx3-ubyte": Self.train,
      "t10k-images-idx3-ubyte": IDXTests.idx(IDX.imagesMagic, [2, 2, 3]),
    ])
    expectFailure(.mismatch, ["2 x 2", "2 x 3"]) { () throws(FileError) in
      try DatasetLoader.load(scratch.path)
    }
  }

  @Test func labelsMustMatchTheImages() throws {
    try writeFiles([
      "train-images-idx3-ubyte": Self.train, "train-labels-idx1-ubyte": Self.testLabels,
    ])
    expectFailure(.mismatch, ["2 labels for the 3 images"]) { () throws(FileError) in
      try DatasetLoader.load(scratch.path, split: .train)
    }
  }

  static let unknownNames: [(String, String)] = [
    ("fashion_mnist", "did you mean \"fashion-mnist\""), ("FashionMNIST", "\"fashion-mnist\""),
    ("sprite", "did you mean \"sprites\""), ("", "known data sets: fashion-mnist, sprites"),
    ("cifar", "known data sets: fashion-mnist, sprites"), ("/nonexistent/a\nb", "a\\nb"),
    (String(repeating: "x", count: 5000), "known data sets"),
  ]

  @Test(arguments: unknownNames)
  func unknownNamesListTheKnown(_ spec: String, _ word: String) {
    expectFailure(.missing, [word, "or give a directory"]) { () throws(FileError) in
      try DatasetLoader.load(spec)
    }
  }

  @Test func farNamesGetNoSuggestion() {
    for word in ["mnist", "cifar10", "dsprites-full", ""] {
      #expect(NearestName.find(word, in: DatasetLoader.knownNames) == nil, "\(word)")
    }
    #expect(NearestName.find("SPRTES", in: DatasetLoader.knownNames) == "sprites")
    #expect(NearestName.find("x", in: []) == nil)
  }

  @Test func fileIsNoDataSet() throws {
    let path = try scratch.file("train-images-idx3-ubyte", Self.train)
    expectFailure(.unreadable, ["is a file", "directory"]) { () throws(FileError) in
      try DatasetLoader.load(path)
    }
  }

  static let hasFashionMNIST = FileManager.default.fileExists(
    atPath: DatasetLoader.fashionMNISTDirectory)

  @Test(.enabled(if: hasFashionMNIST, "Fashion-MNIST is not installed"))
  func fashionMNISTIsWhole() throws {
    let data = try DatasetLoader.load("fashion-mnist")
    #expect(data.name == "fashion-mnist" && data.train.name == "fashion-mnist")
    #expect((data.train.count, data.test.count) == (60_000, 10_000))
    #expect((data.train.height, data.train.width, data.train.channels) == (28, 28, 1))
    #expect(data.train.pixels.count == 47_040_000)
    #expect(data.train.labels?.first == 9 && data.test.labels?.first == 9)
    #expect(data.test.labels.map { Set($0).count } == 10)
  }

  @Test(.disabled(if: hasFashionMNIST, "Fashion-MNIST is installed"))
  func missingFashionMNISTSaysHowToGetIt() {
    expectFailure(.missing, ["apt-get install dataset-fashion-mnist"]) { () throws(FileError) in
      try DatasetLoader.load("fashion-mnist")
    }
  }
}
