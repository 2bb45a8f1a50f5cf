import Compute
import Datasets
import Graph

/// The uint8 images of a split on a device, with the order in which samples are taken.
package final class DeviceImages {
  static let pixelStorage = "pixels"
  static let orderStorage = "order"

  package let source: ImageSet
  package let pixels: any DeviceBuffer
  package let order: any DeviceBuffer
  private let backend: any Backend

  /// Uploads the images; the order is that of the data set.
  package init(_ set: ImageSet, backend: any Backend) throws(ComputeError) {
    source = set
    self.backend = backend
    pixels = try backend.allocate(byteCount: set.pixels.count)
    order = try backend.allocate(byteCount: 4 * set.count)
    try backend.upload(set.pixels, to: BufferView(pixels, byteCount: set.pixels.count))
    try setOrder((0..<UInt32(set.count)).map { $0 })
  }

  func setOrder(_ indices: [UInt32]) throws(ComputeError) {
    try backend.upload(indices, to: BufferView(order, byteCount: 4 * source.count))
  }

  func pixelTensor(in graph: Graph) -> Tensor {
    graph.placed([source.count, source.pixelsPerImage], .uint8, in: Self.pixelStorage)
  }

  func orderTensor(in graph: Graph) -> Tensor {
    graph.placed([source.count], .uint32, in: Self.orderStorage)
  }

  /// Static binarisation draws differ between the splits.
  var splitDraw: UInt32 { source.split.number }
}
