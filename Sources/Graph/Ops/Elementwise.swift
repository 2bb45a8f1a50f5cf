import Compute

/// a + b of one shape.
struct Add: Operation {
  var name: String { "add" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(inputs[0] == inputs[1], "sum of \(inputs[0].shape) and \(inputs[1].shape)")
    return [inputs[0]]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("add", inputs + outputs, [.count(outputs[0].count)], .items(outputs[0].count))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    [upstream[0], upstream[0]]
  }
}

/// A copy, for a value that must live in two places.
struct Duplicate: Operation {
  var name: String { "copy" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch("duplicate", inputs + outputs, [.count(outputs[0].count)], .items(outputs[0].count))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] { upstream }
}

extension Graph {
  package func add(_ a: Tensor, _ b: Tensor) -> Tensor { record(Add(), [a, b])[0] }
  package func duplicate(_ x: Tensor) -> Tensor { record(Duplicate(), [x])[0] }
}
