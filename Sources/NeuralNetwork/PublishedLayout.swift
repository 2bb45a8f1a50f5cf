/// How files hold a parameter whose values lie in another order in memory: PyTorch has channels before rows and columns, the engine
/// behind them.
public struct PublishedLayout: Sendable, Equatable {
  /// The parameter in memory, as many values as it has.
  let view: [Int]
  /// The axes of the view in the order of the file.
  let axes: [Int]
  /// The shape that the file says; that of the permuted view, or flatter.
  let shape: [Int]

  /// [a, height, width, channels] in memory, [a, channels, height, width] in files: weights of convolutions.
  static func channelsFirst(_ view: [Int]) -> PublishedLayout {
    PublishedLayout(view: view, axes: [0, 3, 1, 2], shape: [0, 3, 1, 2].map { view[$0] })
  }

  /// The columns of [outputs, inputs] are a flattened image: a linear layer behind convolutions.
  static func columns(of image: [Int], outputs: Int) -> PublishedLayout {
    PublishedLayout(
      view: [outputs] + image, axes: [0, 3, 1, 2], shape: [outputs, image.reduce(1, *)])
  }

  /// The rows of [outputs, inputs], or the values of [outputs], are: a linear layer in front of convolutions.
  static func rows(of image: [Int], inputs: Int?) -> PublishedLayout {
    PublishedLayout(
      view: image + (inputs.map { [$0] } ?? []), axes: [2, 0, 1] + (inputs == nil ? [] : [3]),
      shape: [image.reduce(1, *)] + (inputs.map { [$0] } ?? []))
  }

  /// The values in the order of the file.
  func published(_ values: [Float]) -> [Float] { indices.map { values[$0] } }

  /// The values of a file in the order of memory.
  func stored(_ values: [Float]) -> [Float] {
    var stored = values
    for (position, index) in indices.enumerated() { stored[index] = values[position] }
    return stored
  }

  /// Of the file's values in memory.
  private var indices: [Int] {
    var strides = [Int](repeating: 1, count: view.count)
    for axis in view.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * view[axis + 1]
    }
    return axes.reduce([0]) { offsets, axis in
      offsets.flatMap { offset in (0..<view[axis]).map { offset + $0 * strides[axis] } }
    }
  }
}
