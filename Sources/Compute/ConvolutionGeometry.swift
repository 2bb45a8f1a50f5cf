/// The places of a kernel on an image.
package struct ConvolutionGeometry: Sendable, Hashable {
  /// Of the image.
  package let height: Int
  package let width: Int
  package let channels: Int
  /// Sides of the kernel.
  package let kernelHeight: Int
  package let kernelWidth: Int
  package let stride: Int
  /// Zeros around the image.
  package let padding: Int

  package init(
    height: Int, width: Int, channels: Int, kernelHeight: Int, kernelWidth: Int, stride: Int,
    padding: Int
  ) {
    self.height = height
    self.width = width
    self.channels = channels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
  }

  /// Places from top to bottom: (height + 2 padding - kernel) / stride + 1, rounded down (PyTorch's Conv2d).
  package var outHeight: Int { (height + 2 * padding - kernelHeight) / stride + 1 }
  package var outWidth: Int { (width + 2 * padding - kernelWidth) / stride + 1 }
  /// Values per place: kernelHeight kernelWidth channels.
  package var unfolded: Int { kernelHeight * kernelWidth * channels }
  /// Whether the kernel fits into the padded image.
  package var isValid: Bool {
    height + 2 * padding >= kernelHeight && width + 2 * padding >= kernelWidth && stride > 0
      && padding >= 0
  }

  /// The shape of unfolded images. Traps on a size that is not one of images: a programmer's mistake.
  package func unfolding(_ images: Shape) -> Shape {
    let size = height * width * channels
    precondition(isValid && images.count % size == 0, "unfold of \(images) by \(self)")
    return [images.count / size * outHeight * outWidth, unfolded]
  }

  package var arguments: [KernelArgument] {
    [
      height, width, channels, outHeight, outWidth, kernelHeight, kernelWidth, stride, padding,
    ].map { .count($0) }
  }
}

extension ConvolutionGeometry {
  /// A kernel of odd size at every pixel.
  package static func keepingSize(
    height: Int, width: Int, channels: Int, kernel: Int
  ) -> ConvolutionGeometry {
    precondition(!kernel.isMultiple(of: 2), "a kernel of \(kernel) keeps no size")
    return ConvolutionGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
      stride: 1, padding: kernel / 2)
  }

  /// The same places on an image of other channels.
  package func with(channels: Int) -> ConvolutionGeometry {
    ConvolutionGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernelHeight,
      kernelWidth: kernelWidth, stride: stride, padding: padding)
  }
}
