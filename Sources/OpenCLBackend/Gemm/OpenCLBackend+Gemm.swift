import Compute

extension OpenCLBackend {
  /// The launches of a matrix product in the way that was found best for its shape.
  func prepare(
    _ multiply: MatrixMultiply
  ) throws(ComputeError) -> [(part: PreparedLaunch.Part, command: any OpenCLCommand)] {
    guard precisions.contains(multiply.precision) else {
      throw ComputeError(
        .unsupported, operation: "matrix product",
        detail: "\(info.name) has no kernels for \(multiply.precision.rawValue)")
    }
    let shape = GemmShape(multiply)
    let isProcessor = info.type == .cpu
    var variant = gemmChoice.variant(for: shape, isProcessor: isProcessor)
    // A verdict may be one of another device of the platform.
    if case .tuned = gemmChoice, !variant.fits(device) {
      variant = GemmChoice.untuned.variant(for: shape, isProcessor: isProcessor)
    }
    return try prepare(multiply, as: variant)
  }

  /// The launches of a matrix product in a given way.
  func prepare(
    _ multiply: MatrixMultiply, as variant: GemmVariant
  ) throws(ComputeError) -> [(part: PreparedLaunch.Part, command: any OpenCLCommand)] {
    if case .tiled(_, _, _, _, _, let split) = variant, split > 1 {
      let workspace = BufferView(
        try allocate(byteCount: 4 * split * multiply.m * multiply.n))
      // The epilogue comes with the sum of the parts.
      var parts = multiply
      parts.epilogue = nil
      return [
        (
          .product,
          try GemmCommand(parts, variant: variant, workspace: workspace, backend: self)
        ),
        (
          .epilogue,
          try GemmReduceCommand(multiply, variant: variant, workspace: workspace, backend: self)
        ),
      ]
    }
    if variant != .clblast {
      return [
        (.whole, try GemmCommand(multiply, variant: variant, workspace: nil, backend: self))
      ]
    }
    // CLBlast has no epilogues: they follow as launches of their own.
    var launches: [(part: PreparedLaunch.Part, command: any OpenCLCommand)] = [
      (.product, try CLBlastCommand(multiply, backend: self))
    ]
    if let launch = multiply.epilogueLaunch {
      launches.append((.epilogue, try OpenCLKernelCommand(launch, backend: self)))
    }
    if let launch = multiply.rowSumsLaunch {
      launches.append((.rowSums, try OpenCLKernelCommand(launch, backend: self)))
    }
    return launches
  }
}
