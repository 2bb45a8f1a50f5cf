import Compute

extension Graph {
  /// Records the gradients of `output` (weighted by `seed`, of the same shape) with respect to `targets`, by reverse
  /// accumulation. nil where the output does not depend on a target.
  package func gradients(of output: Tensor, seed: Tensor, withRespectTo targets: [Tensor])
    -> [Tensor?]
  {
    precondition(output.shape == seed.shape, "seed \(seed.shape) for the output \(output.shape)")
    let dependent = tensorsDepending(on: targets)
    var gradients: [Int: Tensor] = [output.id: seed]
    // New nodes are appended behind; only the forward ones are walked.
    for index in nodes.indices.reversed() {
      let node = nodes[index]
      // A tensor may be read in other shapes than that it was made in.
      let upstream = node.outputs.map { output in
        gradients[output.id]?.viewed(as: output.shape)
      }
      guard upstream.contains(where: { $0 != nil }),
        node.inputs.contains(where: { dependent.contains($0.id) })
      else { continue }
      let contributions = node.operation.gradients(
        inputs: node.inputs, outputs: node.outputs, upstream: upstream)
      for (input, contribution) in zip(node.inputs, contributions) {
        guard let contribution, dependent.contains(input.id) else { continue }
        gradients[input.id] =
          gradients[input.id].map { add($0, contribution.viewed(as: $0.shape)) } ?? contribution
      }
    }
    return targets.map { target in gradients[target.id]?.viewed(as: target.shape) }
  }

  private func tensorsDepending(on targets: [Tensor]) -> Set<Int> {
    var dependent = Set(targets.map(\.id))
    for node in nodes where node.inputs.contains(where: { dependent.contains($0.id) }) {
      dependent.formUnion(node.outputs.map(\.id))
    }
    return dependent
  }
}
