import FileFormats

/// The parts of a data set.
public enum Split: String, Sendable, CaseIterable {
  /// Images to learn from.
  case train
  /// Training images that were held out to choose by.
  case validation
  /// Images to evaluate on.
  case test

  /// Keys what is drawn once for each image of a part.
  public var number: UInt32 {
    switch self {
    case .train: 0
    case .test: 1
    case .validation: 2
    }
  }
}

/// Images of one size as bytes, with their labels where they have any.
public struct ImageSet: Sendable, Equatable {
  /// The data set's name, such as `fashion-mnist`.
  public let name: String
  /// Which half of the data set this is.
  public let split: Split
  /// Number of images.
  public let count: Int
  /// Rows per image.
  public let height: Int
  /// Pixels per row.
  public let width: Int
  /// Values per pixel.
  public let channels: Int
  /// `count x (height x width x channels)` grey levels of 0 to 255, row-major.
  public let pixels: [UInt8]
  /// One class per image; nil where there are none.
  public let labels: [UInt8]?

  /// Throws `ArgumentError` unless `pixels` and `labels` are as many as the sizes say.
  public init(
    name: String, split: Split, count: Int, height: Int, width: Int, channels: Int = 1,
    pixels: [UInt8], labels: [UInt8]? = nil
  ) throws(ArgumentError) {
    let sizes = [count, height, width, channels]
    try ArgumentError.check(
      count >= 0 && sizes.dropFirst().allSatisfy { $0 > 0 && $0 <= 1 << 20 } && count < 1 << 31,
      "ImageSet(\(name))", "\(count) images of \(height) x \(width) x \(channels)")
    try ArgumentError.check(
      pixels.count == sizes.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }),
      "ImageSet(pixels)",
      "\(pixels.count) values for \(count) images of \(height) x \(width) x \(channels)")
    try ArgumentError.check(
      labels == nil || labels?.count == count, "ImageSet(labels)",
      "\(labels?.count ?? 0) labels for \(count) images")
    self.init(
      verified: name, split: split, count: count, height: height, width: width, channels: channels,
      pixels: pixels, labels: labels)
  }

  /// A set whose sizes are known to be right.
  package init(
    verified name: String, split: Split, count: Int, height: Int, width: Int, channels: Int = 1,
    pixels: [UInt8], labels: [UInt8]? = nil
  ) {
    precondition(pixels.count == count * height * width * channels, "pixels of \(name)")
    precondition(labels == nil || labels?.count == count, "labels of \(name)")
    self.name = name
    self.split = split
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
    self.labels = labels
  }

  /// "28 x 28", or "64 x 64 x 3" of images with channels.
  public var size: String {
    "\(height) x \(width)" + (channels == 1 ? "" : " x \(channels)")
  }

  /// Values per image: height x width x channels.
  public var pixelsPerImage: Int { height * width * channels }

  /// The first `count` images, or all where there are fewer.
  public func first(_ count: Int) -> ImageSet {
    images(0..<min(max(count, 0), self.count), split)
  }

  /// Some of the images, as a part of the data set.
  func images(_ range: Range<Int>, _ split: Split) -> ImageSet {
    ImageSet(
      verified: name, split: split, count: range.count, height: height, width: width,
      channels: channels,
      pixels: Array(
        pixels[range.lowerBound * pixelsPerImage..<range.upperBound * pixelsPerImage]),
      labels: labels.map { Array($0[range]) })
  }

  /// The values of one image, divided by 255: 0 black to 1 white, row-major. Throws `ArgumentError`
  /// for an index that the set does not have.
  public func image(_ index: Int) throws(ArgumentError) -> [Float] {
    try ArgumentError.check(
      index >= 0 && index < count, "ImageSet.image(index)", "image \(index) of \(count)")
    let start = index * pixelsPerImage
    return pixels[start..<start + pixelsPerImage].map { Float($0) / 255 }
  }
}

/// A data set with its parts.
public struct ImageDataset: Sendable, Equatable {
  /// The name, such as `fashion-mnist`; for a directory its last component.
  public let name: String
  /// Images to learn from.
  public let train: ImageSet
  /// Training images that were held out; nil where none were.
  public let validation: ImageSet?
  /// Images to evaluate on, of the same size.
  public let test: ImageSet
  /// What the images were made from, where that is known.
  public let factors: Factors?

  /// Throws `ArgumentError` unless all parts have images of one size, and some to train on.
  public init(
    name: String, train: ImageSet, validation: ImageSet? = nil, test: ImageSet,
    factors: Factors? = nil
  ) throws(ArgumentError) {
    for part in [train, validation, test].compactMap({ $0 }) {
      try ArgumentError.check(
        part.size == train.size, "ImageDataset(\(name))",
        "\(part.split.rawValue) images of \(part.size), training images of \(train.size)")
      try ArgumentError.check(
        part.count > 0, "ImageDataset(\(name))", "no \(part.split.rawValue) images")
    }
    self.init(
      verified: name, train: train, validation: validation, test: test, factors: factors)
  }

  /// A data set whose parts are known to fit.
  package init(
    verified name: String, train: ImageSet, validation: ImageSet? = nil, test: ImageSet,
    factors: Factors? = nil
  ) {
    precondition(train.size == test.size, "sizes of \(name)")
    self.name = name
    self.train = train
    self.validation = validation
    self.test = test
    self.factors = factors
  }

  /// The data set with its last `count` training images held out.
  ///
  /// Throws `ArgumentError` for as many as there are, and where some are held out already.
  public func holdingOut(_ count: Int) throws(ArgumentError) -> ImageDataset {
    guard count > 0 else { return self }
    try ArgumentError.check(
      validation == nil && count < train.count, "holdingOut(\(count))",
      validation == nil
        ? "there are \(train.count) training images" : "images are held out already")
    let rest = train.count - count
    return ImageDataset(
      verified: name, train: train.images(0..<rest, .train),
      validation: train.images(rest..<train.count, .validation), test: test,
      factors: factors?.holdingOut(imagesFrom: rest))
  }
}

/// The known generating factors of the parts of a data set.
public struct Factors: Sendable, Equatable {
  /// The names of the factors, in the order of the columns.
  public let names: [String]
  /// `count x names.count` values of the training images, row-major.
  public let train: [Float]
  /// The same of the images that were held out; none where none were.
  public let validation: [Float]
  /// `count x names.count` values of the test images, row-major.
  public let test: [Float]

  /// Throws `ArgumentError` for values that are not a whole number of rows.
  public init(
    names: [String], train: [Float], validation: [Float] = [], test: [Float]
  ) throws(ArgumentError) {
    for values in [train, validation, test] {
      try ArgumentError.check(
        values.isEmpty || (!names.isEmpty && values.count.isMultiple(of: names.count)),
        "Factors(names)", "\(values.count) values of \(names.count) factors")
    }
    self.init(verified: names, train: train, validation: validation, test: test)
  }

  /// Factors whose numbers are known to be right.
  package init(
    verified names: [String], train: [Float], validation: [Float] = [], test: [Float]
  ) {
    self.names = names
    self.train = train
    self.validation = validation
    self.test = test
  }

  /// The values of one part.
  public func values(_ split: Split) -> [Float] {
    switch split {
    case .train: train
    case .validation: validation
    case .test: test
    }
  }

  /// With the training images from a position on held out.
  fileprivate func holdingOut(imagesFrom position: Int) -> Factors {
    Factors(
      verified: names, train: Array(train.prefix(position * names.count)),
      validation: Array(train.dropFirst(position * names.count)), test: test)
  }
}
