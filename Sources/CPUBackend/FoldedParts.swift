import Compute

/// Images cut into parts whose unfolded places fit a cache: whole images, or lines of one.
struct FoldedParts {
  struct Part {
    let images: Range<Int>
    let lines: Range<Int>
  }

  private static let cache = 1 << 20
  private let geometry: ConvolutionGeometry
  private let images: Tiling
  private let lines: Tiling

  init(_ geometry: ConvolutionGeometry, images: Int, threads: Int) {
    self.geometry = geometry
    let rowBytes = geometry.outWidth * geometry.unfolded * MemoryLayout<Float>.size
    let rows = max(1, Self.cache / rowBytes)
    let together = max(1, min(rows / geometry.outHeight, images / (2 * threads)))
    self.images = Tiling(extent: images, pieces: (images + together - 1) / together, multiple: 1)
    // A line needs a place for each of the kernel's lines that can lie on it; what neighbours both need is computed twice.
    let shared = (geometry.kernelHeight + geometry.stride - 1) / geometry.stride
    let pieces =
      rows >= geometry.outHeight
      ? 1 : geometry.height / (geometry.stride * max(1, rows - shared + 1)) + 1
    lines = Tiling(extent: geometry.height, pieces: pieces, multiple: geometry.stride)
  }

  var count: Int { images.count * lines.count }

  subscript(_ part: Int) -> Part {
    Part(images: images[part / lines.count], lines: lines[part % lines.count])
  }

  /// Rows of places that lines are folded from.
  func places(of lines: Range<Int>) -> Range<Int> {
    guard lines.count < geometry.height else { return 0..<geometry.outHeight }
    let (stride, padding) = (geometry.stride, geometry.padding)
    let first = lines.lowerBound + padding - geometry.kernelHeight
    let begin = first < 0 ? 0 : min(first / stride + 1, geometry.outHeight)
    let end = min((lines.upperBound - 1 + padding) / stride + 1, geometry.outHeight)
    return begin..<max(begin, end)
  }
}
