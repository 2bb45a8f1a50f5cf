import OpenCLBackend

/// What a machine has that is no device.
package enum Installation {
  /// OpenCL platforms that the loader finds.
  package static var driverCount: Int { OpenCLDevice.platformCount }
  /// Libraries of drivers that no `.icd` file names and that the loader was shown all the same.
  package static var unlistedDrivers: [String] { UnlistedDrivers.paths }
  /// The folder of compiled programs and other things kept between runs; nil where there is no home.
  package static var cacheDirectory: String? { ProgramCache.root }
}
