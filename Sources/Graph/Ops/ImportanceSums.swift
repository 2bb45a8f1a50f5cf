import Compute

/// Takes S more draws of each image of a batch into its row of six sums, from which the mean log-likelihood and the bound
/// ln 1/K sum_k w_k follow, with their errors (Burda et al. 2016, eq. 8): { l_0, sum (l - l_0), sum (l - l_0)^2, max ln w,
/// sum' w / max w, sum' (w / max w)^2 }, l being the log-likelihood of a draw, ln w = l + ln p(z) - ln q(z|x), and sum' leaving out
/// the largest weight. Inputs:
/// log-likelihoods and log ratios [rows S], the state, whose step is the number of draws before these, and the sums
/// [images, 6], changed in place at rows from the batch's start on.
struct ImportanceSums: Operation {
  let samples: Int

  var name: String { "importance sums" }
  var updatedInputs: [Int] { [3] }

  func outputs(_ inputs: [TensorType]) -> [TensorType] {
    precondition(
      inputs[0] == inputs[1] && inputs[3].shape.columns == Self.width,
      "\(name) of \(inputs[0].shape) and \(inputs[1].shape) in \(inputs[3].shape)")
    return []
  }

  func command(inputs: [BoundTensor], outputs: [BoundTensor]) -> Command {
    let images = inputs[0].count / samples
    return launch(
      "accumulate_importance", inputs, [.count(samples), .count(images)],
      .rows((images + Self.imagesPerRow - 1) / Self.imagesPerRow))
  }

  func work(inputs: [BoundTensor], outputs: [BoundTensor]) -> Work {
    let images = inputs[0].count / samples
    let partial = [3: images * inputs[3].view.byteCount / max(inputs[3].shape.rows, 1)]
    return Work(byteCount: bytesMoved(inputs: inputs, outputs: outputs, partial: partial))
  }

  static let width = 6
  /// IMPORTANCE_IMAGES of Kernels/importance.cl.
  private static let imagesPerRow = 64
}

extension Graph {
  /// Numbers of an image in the sums.
  package static var importanceSumsWidth: Int { ImportanceSums.width }

  /// - Parameter samples: draws of an image in this pass, S.
  package func accumulateImportance(
    logLikelihood: Tensor, logRatio: Tensor, state: Tensor, sums: Tensor, samples: Int
  ) {
    _ = record(ImportanceSums(samples: samples), [logLikelihood, logRatio, state, sums])
  }
}
