/// An opened device that models live on. Not for use from several threads at once.
public struct Device {
  package let backend: any Backend

  package init(_ backend: any Backend) { self.backend = backend }

  public var info: DeviceInfo { backend.info }
}
