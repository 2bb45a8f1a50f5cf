import Compute
import Datasets
import FileFormats
import Graph
import NeuralNetwork
import VAEModels

/// A variational auto-encoder whose weights live on a device. Not for use from several threads at once.
public final class VAE {
  public let configuration: ModelConfiguration
  public let device: Device
  public let layout: ParameterLayout
  package let model: any Model
  package let parameters: any DeviceBuffer
  var encoders: [Int: BoundPass] = [:]
  var decoders: [Int: BoundPass] = [:]
  var drawers: [Int: BoundPass] = [:]

  /// A model with first weights drawn from `seed`.
  ///
  /// Throws `ConfigurationError` for settings that no model has, unknown names among them, and for
  /// images that the model cannot take; `ComputeError` if the device has not the memory.
  public init(_ configuration: ModelConfiguration, device: Device, seed: UInt64 = 0) throws {
    try RunConfiguration.check(configuration)
    self.configuration = configuration
    self.device = device
    model = ModelRegistry.make(configuration)
    layout = model.layout
    guard layout.elementCount < 1 << 31 else {
      throw ComputeError(
        .unsupported, operation: "model",
        detail: "\(layout.parameterCount) parameters; the engine takes up to \(1 << 31)")
    }
    try HostMemory.check(
      Self.hostByteCount(drawing: layout, onHost: device.info.type == .cpu),
      for: "a model of \(layout.parameterCount) parameters")
    parameters = try device.backend.allocate(
      byteCount: layout.elementCount * device.backend.realType.byteCount)
    try setWeights(layout.initialValues(seed: seed, configuration.initialisation))
  }

  /// The weights in the layout's order.
  public func weights() throws -> [[Float]] { try readArena(parameters) }

  /// Replaces the weights, given in the layout's order and as they lie in memory.
  ///
  /// Throws `ArgumentError` for tensors of other sizes.
  public func setWeights(_ values: [[Float]]) throws { try writeArena(parameters, values) }

  /// The published tensors: name, shape, values.
  public func namedWeights() throws -> [(name: String, shape: [Int], values: [Float])] {
    zip(layout.parameters, try weights()).map {
      ($0.name, $0.publishedShape, $0.publishedValues($1))
    }
  }

  /// ln scale of the likelihood as the weights have it: one for all pixels, or one for each; empty
  /// where it is fixed or predicted, and for likelihoods without.
  public func logScales() throws -> [Float] {
    guard let name = model.likelihood.scaleParameter else { return [] }
    return try namedWeights().first { $0.name == name }?.values ?? []
  }

  /// Loads the weights of a safetensors file by their published names.
  ///
  /// Throws `FileError.mismatch` naming the first tensor that is missing, of another shape or unknown.
  public func loadWeights(from file: SafeTensors) throws {
    try setWeights(try WeightFile.values(of: layout, in: file))
  }

  package func readArena(_ buffer: any DeviceBuffer) throws -> [[Float]] {
    let all = try device.backend.downloadFloats(BufferView(buffer), count: layout.elementCount)
    return layout.parameters.map { Array(all[$0.offset..<($0.offset + $0.count)]) }
  }

  package func writeArena(_ buffer: any DeviceBuffer, _ values: [[Float]]) throws {
    try ArgumentError.check(
      values.count == layout.parameters.count, "setWeights(values)",
      "\(values.count) tensors, and the model has \(layout.parameters.count)")
    var all = [Float](repeating: 0, count: layout.elementCount)
    for (parameter, tensor) in zip(layout.parameters, values) {
      try ArgumentError.check(
        tensor.count == parameter.count, "setWeights(values)",
        "\(tensor.count) values for '\(parameter.name)', which has \(parameter.count)")
      all.replaceSubrange(parameter.offset..<(parameter.offset + parameter.count), with: tensor)
    }
    try device.backend.upload(reals: all, to: BufferView(buffer))
  }
}

/// Weights from files, checked against a layout.
package enum WeightFile {
  /// Prefixes of tensors in a checkpoint that are not weights. Nor is PyTorch's count of batches beside the mean of a norm.
  static let optimizerPrefixes = [firstMomentPrefix, secondMomentPrefix]
  static let firstMomentPrefix = "optimizer.first_moment."
  static let secondMomentPrefix = "optimizer.second_moment."

  /// Throws `FileError.mismatch` for names with a prefix, such as the `model.` of a wrapping module.
  package static func checkPrefix(in file: SafeTensors) throws(FileError) {
    // Every model has this tensor.
    let known = "posterior.weight"
    guard file.shape(of: known) == nil,
      let name = file.names.first(where: { $0.hasSuffix("." + known) })
    else { return }
    let prefix = String(name.dropLast(known.count))
    throw FileError(
      .mismatch, path: file.path,
      problem: "its tensor names begin with \(FileError.quoted(prefix))",
      advice: "take that off: \(FileError.quoted(name)) must be \(FileError.quoted(known))")
  }

  package static func values(
    of layout: ParameterLayout, in file: SafeTensors, prefix: String = ""
  ) throws -> [[Float]] {
    if prefix.isEmpty {
      let unknown = file.names.filter { name in
        layout.parameter(named: name) == nil && !optimizerPrefixes.contains { name.hasPrefix($0) }
          && !name.hasSuffix(".num_batches_tracked")
      }
      let missing = layout.parameters.filter { file.shape(of: $0.name) == nil }
      if let first = missing.first {
        throw FileError(
          .mismatch, path: file.path,
          problem: "has no tensor '\(first.name)', which this model needs",
          advice:
            "it is of another model: it holds \(file.names.sorted().prefix(12).joined(separator: ", "))"
        )
      }
      if let first = unknown.sorted().first {
        throw FileError(
          .mismatch, path: file.path,
          problem: "holds the tensor '\(first)', which this model has not",
          advice: "check --hidden, --latent, --likelihood and --sigma")
      }
    }
    return try layout.parameters.map { parameter in
      let name = prefix + parameter.name
      guard let shape = file.shape(of: name) else {
        throw FileError(.mismatch, path: file.path, problem: "has no tensor '\(name)'")
      }
      let scalar = parameter.count == 1 && shape.allSatisfy { $0 == 1 }
      guard shape == parameter.publishedShape || scalar else {
        throw FileError(
          .mismatch, path: file.path,
          problem: "'\(name)' has the shape \(shape), this model needs \(parameter.publishedShape)",
          advice: "check --hidden, --latent and the image size")
      }
      let values = try file.floats(named: name)
      guard values.allSatisfy(\.isFinite) else {
        throw FileError(
          .malformed, path: file.path, problem: "'\(name)' holds values that are not finite")
      }
      let isSquare = name.hasSuffix(".running_var") || prefix == secondMomentPrefix
      guard !isSquare || values.allSatisfy({ $0 >= 0 }) else {
        throw FileError(
          .malformed, path: file.path,
          problem: "'\(name)' holds negative numbers, and is a mean of squares")
      }
      return parameter.storedValues(values)
    }
  }
}
