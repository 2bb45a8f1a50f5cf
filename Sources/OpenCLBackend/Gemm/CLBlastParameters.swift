import COpenCL

/// Tuning parameters of CLBlast's matrix product, for all products on a device. A part that is nil is CLBlast's own.
package struct CLBlastParameters: Hashable, Sendable {
  /// Values in the order of `CLBlastKernel.names`.
  package var direct: [Int]?
  package var indirect: [Int]?
  /// The smallest n for which a product of n x n x n takes the indirect kernel.
  package var minimum: Int?

  package init(direct: [Int]? = nil, indirect: [Int]? = nil, minimum: Int? = nil) {
    self.direct = direct
    self.indirect = indirect
    self.minimum = minimum
  }

  /// As CLBlast comes.
  package static let stock = CLBlastParameters()

  package subscript(kernel: CLBlastKernel) -> [Int]? {
    switch kernel {
    case .direct: direct
    case .indirect: indirect
    case .routine: minimum.map { [$0] }
    }
  }

  /// For reports: "direct 2 8 8 8 8 1 1 4 4 32, indirect from 320", or "stock".
  package var name: String {
    func numbers(_ values: [Int]) -> String {
      values.map { " \($0)" }.joined()
    }
    var parts = direct.map { ["direct" + numbers($0)] } ?? []
    if indirect != nil || minimum != nil {
      parts.append(
        "indirect" + (indirect.map(numbers) ?? "") + (minimum.map { " from \($0)" } ?? ""))
    }
    return parts.isEmpty ? "stock" : parts.joined(separator: ", ")
  }

  /// Whether CLBlast's kernels were written for such values.
  package var isLegal: Bool {
    CLBlastKernel.allCases.allSatisfy { kernel in
      self[kernel].map { kernel.needs($0) != nil } ?? true
    }
  }

  /// Whether they are legal and a device has the local memory and the work-group size that they need.
  package func fits(_ device: OpenCLDevice) -> Bool {
    let local: cl_ulong = OpenCLDevice.scalar(device.id, CL_DEVICE_LOCAL_MEM_SIZE, 0)
    let most: Int = OpenCLDevice.scalar(device.id, CL_DEVICE_MAX_WORK_GROUP_SIZE, 1)
    return isLegal
      && CLBlastKernel.allCases.allSatisfy { kernel in
        guard let needs = self[kernel].flatMap({ kernel.needs($0) }) else { return true }
        return needs.items <= most && needs.localByteCount <= Int(local)
      }
  }
}

extension CLBlastParameters: Codable {
  private enum CodingKeys: CodingKey { case direct, indirect, minimum }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    direct = try container.decodeIfPresent([Int].self, forKey: .direct)
    indirect = try container.decodeIfPresent([Int].self, forKey: .indirect)
    minimum = try container.decodeIfPresent(Int.self, forKey: .minimum)
    guard isLegal else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no parameters of CLBlast"))
    }
  }
}
