/// The element types of device memory.
package enum ElementType: Sendable, Hashable {
  /// The backend's floating-point type: float32 on devices, float64 in the reference.
  case real
  case uint32
  case uint8
}

/// The floating-point type that a backend computes in.
package enum RealType: Sendable {
  case float32
  case float64

  /// Bytes per element.
  package var byteCount: Int { self == .float32 ? 4 : 8 }

  /// Bytes of one element of `type` on a backend with this real type.
  package func byteCount(of type: ElementType) -> Int {
    switch type {
    case .real: byteCount
    case .uint32: 4
    case .uint8: 1
    }
  }
}
