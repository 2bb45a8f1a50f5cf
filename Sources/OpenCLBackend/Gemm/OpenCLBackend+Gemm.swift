import Compute

extension OpenCLBackend {
  /// The way that was found best for the shape of a product.
  func variant(of multiply: MatrixMultiply) -> GemmVariant {
    let shape = GemmShape(multiply)
    let variants = gemmChoice.variants(
      for: shape, precision: multiply.precision, order: order, target: GemmTarget(device))
    return variants.first { $0.fits(device, multiply.precision) && $0.reaches(multiply) }
      ?? variants[variants.count - 1]
  }

  package var precisions: Set<Precision> { device.precisions }

  /// CLBlast has no epilogues. One that a product leaves behind joins the launch that reads the result next, if there is a
  /// kernel for both: the next command, or the row sums that go with the product that is the next command.
  func joint(_ command: Command, _ next: Command) -> KernelLaunch? {
    guard case .multiply(let multiply) = command, multiply.epilogue != nil,
      variant(of: multiply) == .clblast
    else { return nil }
    switch next {
    case .kernel(let launch): return launch.after(multiply)
    case .multiply(let product):
      return variant(of: product) == .clblast ? product.rowSumsLaunch?.after(multiply) : nil
    }
  }

  /// The launches of a matrix product in the way that was found best for its shape.
  ///
  /// - Parameters:
  ///   - leavesEpilogue: the next command does it.
  ///   - rowSums: the launch that makes the row sums and finishes the product before.
  func prepare(
    _ multiply: MatrixMultiply, leavesEpilogue: Bool = false, rowSums: KernelLaunch? = nil
  ) throws(ComputeError) -> [OpenCLLaunch] {
    guard precisions.contains(multiply.precision) else {
      throw ComputeError(
        .unsupported, operation: "matrix product",
        detail: "\(info.name) has no kernels for \(multiply.precision.rawValue)")
    }
    var rest = multiply
    if leavesEpilogue { rest.epilogue = nil }
    guard let rowSums else { return try prepare(rest, as: variant(of: multiply)) }
    rest.rowSums = nil
    return [
      OpenCLLaunch(
        part: .rowSums, command: try OpenCLKernelCommand(rowSums, backend: self),
        finishesProduct: true)
    ] + (try prepare(rest, as: variant(of: multiply)))
  }

  /// The launches of a matrix product in a given way.
  func prepare(
    _ multiply: MatrixMultiply, as variant: GemmVariant
  ) throws(ComputeError) -> [OpenCLLaunch] {
    if variant != .clblast {
      return [
        OpenCLLaunch(
          part: .whole, command: try OpenCLKernelCommand(multiply, as: variant, backend: self))
      ]
    }
    // What CLBlast does not do follows as launches of their own.
    var launches = [
      OpenCLLaunch(part: .product, command: try CLBlastCommand(multiply, backend: self))
    ]
    if let launch = multiply.epilogueLaunch {
      launches.append(
        OpenCLLaunch(part: .epilogue, command: try OpenCLKernelCommand(launch, backend: self)))
    }
    if let launch = multiply.rowSumsLaunch {
      launches.append(
        OpenCLLaunch(part: .rowSums, command: try OpenCLKernelCommand(launch, backend: self)))
    }
    return launches
  }
}
