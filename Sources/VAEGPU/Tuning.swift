import CPUBackend
import Compute
import Datasets
import OpenCLBackend
import Training

/// Finds the fastest kernel for each matrix product of a training step on an OpenCL device, and keeps the verdicts.
public struct Tuning {
  /// What was found for one shape.
  public struct Finding: Sendable {
    /// Layout and size, such as "NT 128x400x784" (m x n x k).
    public let shape: String
    /// The winner, as traces name it.
    public let winner: String
    public let gflops: Double
    /// CLBlast on the same shape; nil if it was refused.
    public let clblastGflops: Double?
    /// Variants that did not build or were wrong, with the reason.
    public let refusals: [String]
  }

  /// What was found for CLBlast's parameters.
  public struct CLBlastFinding: Sendable {
    /// The winner: the numbers of each kernel, or "stock".
    public let parameters: String
    /// Geometric means over the shapes, with the winner and with CLBlast's own; nil if a result was wrong.
    public let gflops: Double?
    public let stockGflops: Double?
    /// How many shapes were measured.
    public let shapeCount: Int
    /// Parameters that did not build or were wrong, with the reason.
    public let refusals: [String]
  }

  private let device: OpenCLDevice
  private let store: VerdictStore

  /// nil for the CPU backend, which has nothing to tune.
  public init?(_ choice: Device.Choice) {
    guard let index = choice.info.index,
      let device = OpenCLDevice.all().first(where: { $0.info.index == index })
    else { return nil }
    self.device = device
    store = .standard
  }

  /// Whether there is a verdict of this device or a shipped one of its platform.
  public var hasVerdicts: Bool { store.verdicts(for: device.info) != nil }

  /// CLBlast for every product, with the parameters that were chosen for the device.
  package var clblast: GemmChoice {
    .clblast(store.verdicts(for: device.info)?.clblast ?? .stock)
  }

  /// Where the verdicts are kept; nil where there is no cache folder.
  public var path: String? { store.path(for: device.info) }

  /// One line about a file of verdicts that cannot be used; nil where all is well.
  public var problem: String? { store.problem(for: device.info) }

  /// Throws if the verdicts could not be kept: to be asked before minutes of measuring.
  public func checkWritable() throws(FileError) { try store.checkWritable(for: device.info) }

  /// The distinct shapes of the matrix products of training steps and of evaluation.
  package static func shapes(
    of configuration: RunConfiguration, data: ImageDataset
  ) throws -> [GemmShape] {
    var shapes: [GemmShape] = []
    for shape in try products(of: configuration, data: data).map(GemmShape.init)
    where !shapes.contains(shape) {
      shapes.append(shape)
    }
    return shapes
  }

  /// The matrix products of training steps and of evaluation.
  static func products(
    of configuration: RunConfiguration, data: ImageDataset
  ) throws -> [MatrixMultiply] {
    let trainer = try Trainer(
      configuration, data: data, device: Device(CPUBackend(threads: 1)))
    var products = try trainer.batches.sizes.flatMap { rows in
      try trainer.step(rows: rows).program.matrixProducts
    }
    products += try trainer.evaluator.programs.flatMap(\.matrixProducts)
    return products
  }

  /// The shapes that were not measured on this device.
  package func unmeasured(_ shapes: [GemmShape]) -> [GemmShape] {
    let verdicts = store.measured(on: device.info)
    return shapes.filter { verdicts?.hasVerdict(for: $0) != true }
  }

  /// Chooses CLBlast's parameters where there are none, measures the shapes, reports each finding, and saves the verdicts
  /// beside earlier ones of other shapes.
  ///
  /// - Parameters:
  ///   - quick: fewer variants, for a first run that does not want to wait.
  ///   - anyOrder: also variants that add in another order than the CPU backend: faster on some devices, with other
  ///     last bits.
  ///   - again: also where CLBlast's parameters were chosen before.
  ///   - onUnsaved: takes the error of a file that cannot be written; nil: it is thrown.
  /// - Returns: how matrix products are run with these verdicts, saved or not.
  @discardableResult
  package func run(
    _ shapes: [GemmShape], quick: Bool = false, anyOrder: Bool = false, again: Bool = false,
    stop: () -> Bool = { false }, onUnsaved: ((FileError) -> Void)? = nil,
    onCLBlast: (CLBlastFinding) throws -> Void = { _ in },
    onFinding: (Finding) throws -> Void
  ) throws -> GemmChoice {
    guard !shapes.isEmpty else { return .tuned(store.verdicts(for: device.info)) }
    let keeper = VerdictKeeper(store: store, info: device.info, onUnsaved: onUnsaved)
    let tuner = try GemmTuner(
      device, reference: CPUBackend(), secondsPerTrial: quick ? 0.01 : 0.03)
    let candidates = GemmVariant.candidates(for: device, quick: quick, anyOrder: anyOrder)
    var verdicts = store.measured(on: device.info) ?? GemmVerdicts(for: device.info)
    let clblast = CLBlastCandidates.of(device, quick: quick)
    if (again || verdicts.clblast == nil) && !clblast.isEmpty {
      let few = Self.sample(shapes)
      let choice = try tuner.chooseCLBlast(
        for: few, among: clblast, anyOrder: anyOrder, seconds: quick ? 20 : 120, stop: stop)
      if !stop() {
        verdicts.clblast = choice.parameters
        try keeper.save(verdicts)
        try onCLBlast(
          CLBlastFinding(
            parameters: choice.parameters.name, gflops: choice.gflops,
            stockGflops: choice.stockGflops, shapeCount: few.count, refusals: choice.refusals))
      }
    } else {
      tuner.useCLBlast(store.verdicts(for: device.info)?.clblast)
    }
    for shape in shapes where !stop() {
      let guesses = GemmChoice.untuned.variants(
        for: shape, order: anyOrder ? .fast : .exact, target: GemmTarget(device))
      let more = guesses.prefix(1).filter { $0.fits(device) && !candidates.contains($0) }
      let trials = try tuner.tune(shape, candidates: candidates + more, anyOrder: anyOrder)
      guard let best = trials.first, let gflops = best.gflops else {
        throw ComputeError(
          .deviceFailed, operation: "tuning \(shape) on \(device.info.name)",
          detail: "no kernel gives the right result: "
            + Self.refusals(trials).joined(separator: "; "))
      }
      verdicts.merge([.init(shape: shape, variant: best.variant, gflops: gflops)])
      try keeper.save(verdicts)
      try onFinding(
        Finding(
          shape: shape.description, winner: best.variant.name, gflops: gflops,
          clblastGflops: trials.first { $0.variant == .clblast }?.gflops,
          refusals: Self.refusals(trials)))
    }
    return .tuned(VerdictStore.merged(verdicts, for: device.info))
  }

  /// At most a dozen, from the smallest product to the largest.
  private static func sample(_ shapes: [GemmShape], count: Int = 12) -> [GemmShape] {
    guard shapes.count > count else { return shapes }
    let sorted = shapes.sorted { $0.m * $0.n * $0.k < $1.m * $1.n * $1.k }
    return (0..<count).map { sorted[$0 * (sorted.count - 1) / (count - 1)] }
  }

  private static func refusals(_ trials: [GemmTuner.Trial]) -> [String] {
    trials.compactMap { trial in trial.refusal.map { "\(trial.variant.name): \($0)" } }
  }
}
