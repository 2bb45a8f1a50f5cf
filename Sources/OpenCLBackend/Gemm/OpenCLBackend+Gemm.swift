import Compute

extension OpenCLBackend {
  /// The launches of a matrix product in the way that was found best for its shape.
  func prepare(
    _ multiply: MatrixMultiply
  ) throws(ComputeError) -> [(part: PreparedLaunch.Part, command: any OpenCLCommand)] {
    let shape = GemmShape(multiply)
    let vector = info.type == .cpu ? GemmVariant.vectorWidth(of: device) : nil
    var variant = gemmChoice.variant(for: shape, vector: vector)
    // A verdict may be one of another device of the platform.
    if case .tuned = gemmChoice, !variant.fits(device) {
      variant = GemmChoice.untuned.variant(for: shape, vector: vector)
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
          try OpenCLKernelCommand(parts, as: variant, workspace: workspace, backend: self)
        ),
        (
          .epilogue,
          try OpenCLKernelCommand(sumOf: workspace, multiply, as: variant, backend: self)
        ),
      ]
    }
    if variant != .clblast {
      return [(.whole, try OpenCLKernelCommand(multiply, as: variant, backend: self))]
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
