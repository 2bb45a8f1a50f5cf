import Compute

/// A distribution of pixels, independent given what the decoder says: the kernels `<kernel>_log_likelihood`, `…_mean` and
/// `…_draw` of Kernels/likelihoods.cl.
package struct PixelDistribution: Sendable, Equatable {
  /// Where a location-scale family (Gaussian, Laplace, logistic) has ln scale from.
  package enum Scale: Sendable, Equatable {
    /// The family has none.
    case none
    /// [1]: one for all pixels.
    case shared
    /// [D]: one for each pixel.
    case perPixel
    /// The decoder's second number for each pixel.
    case predicted
  }

  /// The prefix of the kernels.
  package let kernel: String
  /// In traces and messages.
  package let name: String
  /// Numbers that the decoder gives for a pixel: the first of every pixel, then the second of every pixel, ….
  package let heads: Int
  package let scale: Scale

  package init(_ kernel: String, _ name: String, heads: Int = 1, scale: Scale = .none) {
    self.kernel = kernel
    self.name = name
    self.heads = scale == .predicted ? 2 : heads
    self.scale = scale
  }

  /// Whether ln scale is a tensor of its own.
  package var takesScale: Bool { scale == .shared || scale == .perPixel }

  /// The kernel of the log-density; a shared scale has one of its own, in which the exponential is taken once a row.
  var densityKernel: String {
    scale == .shared ? "\(kernel)_shared_log_likelihood" : "\(kernel)_log_likelihood"
  }

  /// Tensors of a kernel that begin with heads and x: where ln scale comes from the decoder, it is in the heads.
  func tensors(heads: BoundTensor, _ between: [BoundTensor], scale: BoundTensor?) -> [BoundTensor] {
    [heads] + between + (self.scale == .none ? [] : [scale ?? heads])
  }

  /// LIKELIHOOD_SIZES, for D pixels a row and rows that are `samples` decodings of one image each.
  func sizes(pixels: Int, samples: Int = 1) -> [KernelArgument] {
    [.count(pixels), .count(samples), .count(heads)]
  }

  /// SCALE_LAYOUT: the place of ln scale of pixel j of row r is offset + r row + j column.
  func scaleLayout(pixels: Int) -> [KernelArgument] {
    switch scale {
    case .none: []
    case .shared: [.count(0), .count(0), .count(0)]
    case .perPixel: [.count(0), .count(0), .count(1)]
    case .predicted: [.count(pixels), .count(2 * pixels), .count(1)]
    }
  }

  /// D, of heads [rows, heads D] and, where there is one, ln scale [1] or [D].
  func pixels(_ inputs: [TensorType], scale position: Int) -> Int {
    let columns = inputs[0].shape.columns
    precondition(
      inputs[0].shape.rank == 2 && columns % heads == 0,
      "\(name): \(inputs[0].shape) for \(heads) numbers a pixel")
    if takesScale {
      let expected: Shape = scale == .shared ? [1] : [columns / heads]
      precondition(
        inputs[position].shape == expected, "\(name): ln scale \(inputs[position].shape)")
    }
    return columns / heads
  }
}
