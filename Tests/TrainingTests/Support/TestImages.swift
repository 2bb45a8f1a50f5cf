import Datasets
import TestSupport
import VAEModels

/// Images made of Philox words, three quarters of the pixels black (make_fixtures.py, `make_pixels`).
enum TestImages {
  static func set(_ split: Split, count: Int, side: Int) -> ImageSet {
    let pixels = (0..<UInt32(count)).flatMap { sample in
      ReferencePhilox.words(seed: 0, purpose: 1000, sample: sample, count: side * side)
        .map { $0 & 3 == 0 ? UInt8($0 >> 24) : 0 }
    }
    return ImageSet(
      verified: "test-images", split: split, count: count, height: side, width: side, pixels: pixels
    )
  }

  static func dataset(train: Int = 27, test: Int = 11, side: Int = 6) -> ImageDataset {
    ImageDataset(
      verified: "test-images", train: set(.train, count: train, side: side),
      test: set(.test, count: test, side: side))
  }
}
