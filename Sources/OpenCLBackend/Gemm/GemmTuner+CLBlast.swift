import Compute

extension GemmTuner {
  /// What was found for CLBlast.
  package struct CLBlastChoice: Sendable {
    /// The parameters that are in force now.
    package var parameters = CLBlastParameters.stock
    /// Geometric means over the shapes, GFLOP/s; nil if a result was wrong.
    package var gflops: Double?
    package var stockGflops: Double?
    /// Parameters that did not build or whose results were wrong, with the reason.
    package var refusals: [String] = []
  }

  /// Chooses CLBlast's parameters, one set for all products: by the geometric mean of the speeds over `shapes`. Each path is
  /// measured by itself, with CLBlast's parameters and with each candidate; the size from which the indirect path is
  /// taken follows from the figures, and the winner is held against CLBlast's own once more.
  ///
  /// - Parameters:
  ///   - anyOrder: also parameters whose bits are not those of the reference on shapes where CLBlast's own are.
  ///   - seconds: no candidate is begun after that time.
  package func chooseCLBlast(
    for shapes: [GemmShape], among candidates: CLBlastCandidates, anyOrder: Bool = false,
    seconds: Double = .infinity, stop: () -> Bool = { false }
  ) throws(ComputeError) -> CLBlastChoice {
    let end = monotonicSeconds() + seconds
    var problems: [CLBlastProblem] = []
    for shape in shapes { problems.append(try CLBlastProblem(shape, self)) }
    let stock = try measure(.stock, problems)
    if !anyOrder {
      for (index, isExact) in stock.isExact.enumerated() { problems[index].mustBeExact = isExact }
    }
    var choice = CLBlastChoice(gflops: stock.mean, stockGflops: stock.mean)
    func trials(
      _ sets: [[Int]], _ parameters: ([Int]?) -> CLBlastParameters
    ) throws(ComputeError) -> [CLBlastMeasurement] {
      var found: [CLBlastMeasurement] = []
      for set in [nil] + sets where !stop() && (set == nil || monotonicSeconds() < end) {
        let measured = try measure(parameters(set), problems)
        if let refusal = measured.refusal {
          choice.refusals.append(refusal)
        } else {
          found.append(measured)
        }
      }
      return found
    }
    let indirect = try trials(candidates.indirect) { CLBlastParameters(indirect: $0, minimum: 1) }
    let direct = try trials(candidates.direct) {
      CLBlastParameters(direct: $0, minimum: CLBlastMeasurement.never)
    }
    if let best = CLBlastMeasurement.best(direct, indirect, shapes), !stop() {
      let again = try measure(best, problems)
      if let refusal = again.refusal { choice.refusals.append(refusal) }
      if let mean = again.mean, mean > stock.mean ?? 0 {
        (choice.parameters, choice.gflops) = (best, mean)
      }
    }
    try backend.useCLBlast(choice.parameters)
    return choice
  }

  private func measure(
    _ parameters: CLBlastParameters, _ problems: [CLBlastProblem]
  ) throws(ComputeError) -> CLBlastMeasurement {
    var measured = CLBlastMeasurement(parameters: parameters)
    do throws(ComputeError) {
      try backend.useCLBlast(parameters)
    } catch {
      measured.refusal = "\(error.operation): \(error.detail)"
      return measured
    }
    for problem in problems {
      let trial = try measure(.clblast, problem.operands, expected: problem.expected)
      guard let gflops = trial.gflops, trial.isExact || !problem.mustBeExact else {
        measured.refusal =
          "CLBlast \(parameters.name), \(problem.shape): \(trial.refusal ?? "other last bits")"
        return measured
      }
      measured.gflops.append(gflops)
      measured.isExact.append(trial.isExact)
    }
    return measured
  }
}

/// A product with its result.
private struct CLBlastProblem {
  let shape: GemmShape
  let operands: GemmOperands
  let expected: [Float]
  var mustBeExact = false

  init(_ shape: GemmShape, _ tuner: GemmTuner) throws(ComputeError) {
    self.shape = shape
    let reference = try GemmOperands(shape, on: tuner.reference)
    try reference.run()
    expected = try reference.result()
    operands = try GemmOperands(shape, on: tuner.backend)
  }
}
