import Compute
import Datasets
import Glibc
import NeuralNetwork

/// Lower bounds of the memory that the host needs, in bytes. `onHost`: the device's buffers are memory of the host.
extension VAE {
  /// Initial weights: the arena, the values of all tensors, and as much again to put them together; numbers are drawn as
  /// float64 for one tensor at a time.
  static func hostByteCount(drawing layout: ParameterLayout, onHost: Bool) -> Int {
    let all = 4 * layout.elementCount
    let largest = layout.parameters.map(\.count).max() ?? 0
    return (onHost ? all : 0) + all + max(all, 8 * largest)
  }

  /// Training: weights, gradients and two moments on the device; the images; weights and moments as a checkpoint has them.
  package static func hostByteCount(
    training layout: ParameterLayout, images: ImageDataset, onHost: Bool
  ) -> Int {
    let all = 4 * layout.elementCount
    let pixels = [images.train, images.test].reduce(0) { $0 + $1.pixels.count }
    return (onHost ? 4 * all + pixels : 0) + 3 * all
  }

  /// Throws `ComputeError` for a file of weights that is larger than the memory: it is read whole, and its values are a copy.
  package static func checkMemory(toRead path: String) throws(ComputeError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    let bytes = Int(status.st_size).multipliedReportingOverflow(by: 2)
    try HostMemory.check(bytes.overflow ? .max : bytes.partialValue, for: "reading \(path)")
  }
}
