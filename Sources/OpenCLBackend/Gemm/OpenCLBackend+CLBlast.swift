import CCLBlast
import Compute

extension OpenCLBackend {
  /// Puts CLBlast's parameters in force for the products that are prepared from now on; those prepared before keep theirs.
  /// Throws, and changes nothing, where the device or CLBlast does not take them.
  package func useCLBlast(_ parameters: CLBlastParameters) throws(ComputeError) {
    guard parameters.fits(device) else {
      throw ComputeError(
        .unsupported, operation: "CLBlast \(parameters.name)",
        detail: "parameters that \(info.name) does not take")
    }
    let status = CLBlastLock.run(on: device.id, with: parameters)
    guard status == CLBlastSuccess else {
      throw ComputeError(
        .unsupported, operation: "CLBlast \(parameters.name)",
        detail: "CLBlast status \(status.rawValue)")
    }
    clblast = parameters
  }

  /// Memory for one product at a time. Products that were prepared before a larger one keep what they had.
  func clblastWorkspace(byteCount: Int) throws(ComputeError) -> BufferView {
    if let clblastWorkspace, clblastWorkspace.byteCount >= byteCount { return clblastWorkspace }
    let buffer = try allocate(byteCount: byteCount)
    let view = BufferView(buffer, byteCount: buffer.byteCount)
    clblastWorkspace = view
    return view
  }
}
