extension Checkpoint {
  /// A checkpoint at step 0 of weights from elsewhere.
  package init(weights: [[Float]], settings: RunConfiguration, dataset: String) {
    let zeros = weights.map { [Float](repeating: 0, count: $0.count) }
    self.init(
      weights: weights, firstMoments: zeros, secondMoments: zeros, progress: TrainingProgress(),
      seed: settings.seed, configuration: settings.fingerprint, dataset: dataset)
  }
}
