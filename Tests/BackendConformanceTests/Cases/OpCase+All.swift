extension OpCase {
  /// The table.
  static let all =
    matrixProducts + activations + posteriors + importance + likelihoods + objectives + reductions
    + images
    + noises + elementwise + optimizers + autoencoders
}
