import Compute
import Graph

/// One parameter tensor: its published name, its shape, its place in the arena of all parameters, its first values.
public struct Parameter: Sendable, Equatable {
  public enum Initialisation: Sendable, Equatable {
    /// Uniform on (-bound, bound).
    case uniform(bound: Double)
    case constant(Double)
  }

  public let name: String
  public let shape: [Int]
  /// Element offset in the arena.
  public let offset: Int
  public let initialisation: Initialisation
  /// How files hold it, where that is not as it lies in memory.
  let published: PublishedLayout?

  /// The shape in files.
  public var publishedShape: [Int] { published?.shape ?? shape }
  /// Values as files hold them.
  package func publishedValues(_ values: [Float]) -> [Float] {
    published?.published(values) ?? values
  }
  /// Values from a file as they lie in memory.
  package func storedValues(_ values: [Float]) -> [Float] { published?.stored(values) ?? values }

  public var count: Int { shape.reduce(1, *) }
}

/// How the first values of weights are drawn.
public enum WeightInitialisation: String, Sendable, CaseIterable {
  /// Weights and biases uniform on (-1 / sqrt(inputs), 1 / sqrt(inputs)): PyTorch's default for linear layers and convolutions.
  case pytorch
  /// Weights uniform on (-b, b) with b = sqrt(6 / (inputs + outputs)), biases 0 (Glorot & Bengio 2010, eq. 16). A kernel's places
  /// count as inputs and outputs.
  case glorot
}

extension Parameter.Initialisation {
  /// That of a parameter of a shape [outputs, …, inputs], or [outputs].
  func by(_ scheme: WeightInitialisation, shape: [Int]) -> Parameter.Initialisation {
    guard scheme == .glorot, case .uniform = self else { return self }
    guard shape.count > 1 else { return .constant(0) }
    let places = shape.dropFirst().dropLast().reduce(1, *)
    let ends = shape[0] + shape[shape.count - 1]
    return .uniform(bound: (6 / Double(places * ends)).squareRoot())
  }
}

/// The parameters of a model in the order of their declaration, each at an aligned offset of one arena.
public struct ParameterLayout: Sendable, Equatable {
  public private(set) var parameters: [Parameter] = []
  /// Elements of the arena, padding included. Padding stays zero.
  public private(set) var elementCount = 0
  /// The norms that some of the parameters belong to.
  package private(set) var norms: [Norm] = []

  public init() {}

  package mutating func add(
    _ name: String, _ shape: [Int], _ initialisation: Parameter.Initialisation,
    published: PublishedLayout? = nil
  ) {
    precondition(!parameters.contains { $0.name == name }, "\(name) is declared twice")
    let parameter = Parameter(
      name: name, shape: shape, offset: elementCount, initialisation: initialisation,
      published: published)
    parameters.append(parameter)
    // Offsets are multiples of a view's alignment in bytes for any real type.
    elementCount = BufferView.aligned(elementCount + parameter.count)
  }

  package mutating func add(_ norm: Norm) { norms.append(norm) }

  /// Numbers in the model, without padding.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  public func parameter(named name: String) -> Parameter? { parameters.first { $0.name == name } }

  /// First values: parameter number p of the layout draws (2u - 1) bound with u = Philox uniform of
  /// (seed, initialisation, sample p, step 0, element).
  package func initialValues(
    seed: UInt64, _ scheme: WeightInitialisation = .pytorch
  ) -> [[Float]] {
    let philox = Philox(seed: seed, purpose: .initialisation)
    return parameters.enumerated().map { index, parameter in
      switch parameter.initialisation.by(scheme, shape: parameter.shape) {
      case .constant(let value): [Float](repeating: Float(value), count: parameter.count)
      case .uniform(let bound):
        philox.uniforms(count: parameter.count, sample: UInt32(index)).map {
          Float((2 * $0 - 1) * bound)
        }
      }
    }
  }
}

/// The parameters of a layout as tensors of a graph.
package struct ParameterScope {
  package let graph: Graph
  /// Whether layers take the statistics of the batch, or those that training kept.
  package let isTraining: Bool
  private let tensors: [String: Tensor]
  private let order: [Tensor]

  /// The storage that holds the arena of parameters.
  package static let storage = "parameters"

  package init(_ layout: ParameterLayout, in graph: Graph, isTraining: Bool = false) {
    self.graph = graph
    self.isTraining = isTraining
    order = layout.parameters.map {
      graph.placed(
        Shape($0.shape), in: Self.storage, offset: $0.offset, label: $0.name)
    }
    tensors = Dictionary(
      zip(layout.parameters.map(\.name), order), uniquingKeysWith: { first, _ in first })
  }

  package subscript(_ name: String) -> Tensor {
    guard let tensor = tensors[name] else { preconditionFailure("no parameter \(name)") }
    return tensor
  }

  /// All parameters in the layout's order.
  package var all: [Tensor] { order }
}
