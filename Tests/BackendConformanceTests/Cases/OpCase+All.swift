extension OpCase {
  /// The table.
  static let all =
    matrixProducts + activations + posteriors + importance + importanceBounds + likelihoods
    + objectives + penalties + reductions
    + images + convolutions + normalisations
    + noises + elementwise + optimizers + autoencoders
}
