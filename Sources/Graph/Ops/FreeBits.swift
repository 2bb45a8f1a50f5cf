import Compute

/// KL(q(z_j|x) || p(z_j)) of each latent, averaged over images: posterior [rows, 2M] -> [M].
struct MeanKLPerLatent: Operation {
  var name: String { "mean KL per latent" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    [TensorType([inputs[0].shape.columns / 2])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let (rows, latents) = (inputs[0].shape.rows, outputs[0].count)
    return launch(
      "mean_kl_per_latent", inputs + outputs, [.count(latents), .count(rows)], .rows(latents))
  }
}

/// Of each image the sum over latents of its KL, with `free` in place of that of latents whose mean does not exceed it:
/// posterior [rows, 2M] and mean KL [M] -> [rows], whose mean is sum_j max(free, mean_x KL_j) (Kingma et al. 2016, eq. 15).
struct FreeBits: Operation {
  let free: Double

  var name: String { "free bits" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(
      inputs[0].shape.columns == 2 * inputs[1].shape.count,
      "\(name) of \(inputs[0].shape) and \(inputs[1].shape)")
    return [TensorType([inputs[0].shape.rows])]
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "free_bits", inputs + outputs, [.count(inputs[1].count), .real(free)],
      .rows(inputs[0].shape.rows))
  }

  func gradients(inputs: [Tensor], outputs: [Tensor], upstream: [Tensor?]) -> [Tensor?] {
    guard let gradient = upstream[0] else { return [nil, nil] }
    return [gradient.graph.record(FreeBitsBackward(free: free), inputs + [gradient])[0], nil]
  }
}

/// d/dposterior, 0 for latents that are free.
struct FreeBitsBackward: Operation {
  let free: Double

  var name: String { "gradient of free bits" }

  func outputs(_ inputs: [TensorType]) -> [TensorType] { [inputs[0]] }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    launch(
      "free_bits_backward", inputs + outputs, [.count(inputs[1].count), .real(free)],
      .rows(inputs[0].shape.rows))
  }
}

extension Graph {
  /// A penalty of each image, [rows].
  package func freeBits(_ posterior: Tensor, free: Double) -> Tensor {
    let means = record(MeanKLPerLatent(), [posterior])[0]
    return record(FreeBits(free: free), [posterior, means])[0]
  }
}
