import COpenCL
import Compute

/// The shape of a matrix instruction and the lanes that hold its fragments
/// (Kernels/matrix_layouts.h).
package enum MatrixLayout: Int, CaseIterable, Sendable {
  /// NVIDIA's `mma.sync`: compute capability 8.0 and later.
  case mma = 1
  /// AMD's MFMA: CDNA2 and later.
  case mfma = 2
  /// AMD's WMMA: RDNA3.
  case wmma = 3
  /// Intel's XMX in sub-groups of 16 (Data Center GPU Max and later).
  case xmx16 = 4
  /// Intel's XMX in sub-groups of 8 (Arc A).
  case xmx8 = 5

  /// Work-items that hold the fragments of an instruction together.
  package var lanes: Int {
    switch self {
    case .mma, .wmma: 32
    case .mfma: 64
    case .xmx16: 16
    case .xmx8: 8
    }
  }

  /// Rows and columns of C of an instruction.
  package var step: (m: Int, n: Int) {
    switch self {
    case .mma: (16, 8)
    case .mfma, .wmma: (16, 16)
    case .xmx16: (8, 16)
    case .xmx8: (8, 8)
    }
  }

  /// The precisions that it multiplies in.
  package var precisions: Set<Precision> {
    switch self {
    case .mma, .mfma: [.tf32, .bf16]
    case .wmma, .xmx16, .xmx8: [.bf16]
    }
  }

  /// Gives the attribute by which a kernel requires the size of its sub-groups, and "" for devices
  /// whose sub-groups have one size.
  var attribute: String {
    switch self {
    case .mma, .mfma, .wmma: ""
    case .xmx16, .xmx8: "__attribute__((intel_reqd_sub_group_size(\(lanes))))"
    }
  }

  /// The elements of C of `lanes` work-items in a tile of a work-group: as many as their registers
  /// hold beside the fragments and the values of the next tile (`make gpu-report`).
  package func share(ofTile size: Int, _ precision: Precision) -> (rows: Int, columns: Int) {
    switch (self, size) {
    case (.xmx8, ...16): (8, 8)
    case (_, ...16): (16, 16)
    case (.xmx8, ...32): (16, 8)
    case (.xmx16, ...32): (16, 16)
    case (_, ...32): (16, 32)
    case (.xmx8, _): (16, 16)
    case (.xmx16, _): (16, 32)
    case (_, ...64): (32, 32)
    case (.mma, _): precision == .bf16 ? (64, 32) : (32, 64)
    case (.wmma, _): (64, 32)
    case (.mfma, _): (64, 64)
    }
  }

  /// The instruction of a device; nil where it has none that is known.
  static func of(_ device: OpenCLDevice) -> MatrixLayout? {
    switch GemmTarget(device).vendor {
    case .nvidia:
      // CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV of cl_nv_device_attribute_query.
      let capability: cl_uint = OpenCLDevice.scalar(device.id, 0x4000, 0)
      return capability >= 8 ? .mma : nil
    case .amd:
      // CL_DEVICE_WAVEFRONT_WIDTH_AMD of cl_amd_device_attribute_query.
      let wave: cl_uint = OpenCLDevice.scalar(device.id, 0x4043, 0)
      return amd(processor: device.info.name, wave: Int(wave))
    case nil:
      let extensions = OpenCLDevice.string(device.id, CL_DEVICE_EXTENSIONS)
      // CL_DEVICE_SUB_GROUP_SIZES_INTEL of cl_intel_required_subgroup_size.
      return intel(
        extensions: Set(extensions.split(separator: " ").map(String.init)),
        subgroups: Set(OpenCLDevice.sizes(device.id, 0x4108)))
    }
  }

  /// - Parameters:
  ///   - processor: such as "gfx90a:sramecc+:xnack-".
  ///   - wave: work-items of a wave front.
  package static func amd(processor: String, wave: Int) -> MatrixLayout? {
    let name = processor.prefix { $0 != ":" }
    if ["gfx90a", "gfx940", "gfx941", "gfx942", "gfx950"].contains(name) {
      return wave == 64 ? .mfma : nil
    }
    return (name.hasPrefix("gfx110") || name.hasPrefix("gfx115")) && wave == 32 ? .wmma : nil
  }

  /// - Parameters:
  ///   - extensions: of the device.
  ///   - subgroups: sizes that a kernel may ask for.
  package static func intel(extensions: Set<String>, subgroups: Set<Int>) -> MatrixLayout? {
    guard
      extensions.isSuperset(of: [
        "cl_intel_subgroup_matrix_multiply_accumulate", "cl_intel_required_subgroup_size",
      ])
    else { return nil }
    // A device with sub-groups of 16 and 8 multiplies in those of 8; newer ones have no 8.
    return subgroups.contains(8) ? .xmx8 : subgroups.contains(16) ? .xmx16 : nil
  }
}
