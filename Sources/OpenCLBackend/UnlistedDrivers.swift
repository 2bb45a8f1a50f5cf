import CKernels
import Foundation

/// GPU drivers that are on the machine though no `.icd` file names them: containers are often given a driver's
/// libraries and nothing else, and the OpenCL loader then finds no platform.
package enum UnlistedDrivers {
  /// What is looked for: by name as the dynamic linker does, and where vendors put it outside its path.
  private static let known = [
    "libnvidia-opencl.so.1", "/usr/local/nvidia/lib64/libnvidia-opencl.so.1",
    "libamdocl64.so", "/opt/rocm/lib/libamdocl64.so",
    "libigdrcl.so", "/usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl.so",
    "/usr/lib64/intel-opencl/libigdrcl.so",
  ]

  /// The libraries that were found. Empty where the environment tells the loader where to look.
  package static let paths = find()

  /// Lets the loader see these drivers beside the listed ones while `body` makes its first call. The loader (ocl-icd,
  /// Khronos') takes one folder of `.icd` files from OCL_ICD_VENDORS and reads it in that call only, so the folder is
  /// temporary and the environment is as before when this returns.
  static func shown<Result>(to body: () -> Result) -> Result {
    guard !paths.isEmpty, let vendors = makeFolder() else { return body() }
    setenv("OCL_ICD_VENDORS", vendors, 1)
    defer {
      unsetenv("OCL_ICD_VENDORS")
      try? FileManager.default.removeItem(atPath: vendors)
    }
    return body()
  }

  private static func find() -> [String] {
    let environment = ProcessInfo.processInfo.environment
    let isTold = ["OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH"].contains {
      environment[$0]?.isEmpty == false
    }
    guard !isTold else { return [] }
    // Listed drivers come first: some look for their parts beside the name that they were opened by. The dynamic linker
    // gives one handle for one file, whatever names lead to it. Handles stay open: the loader opens the same files
    // next, and drivers are not made to be unloaded.
    var seen = Set(
      ListedDriver.named(in: ListedDriver.folder).compactMap {
        dlopen($0.library, RTLD_LAZY | RTLD_LOCAL)
      })
    return known.compactMap(open).compactMap { seen.insert($0.handle).inserted ? $0.path : nil }
  }

  /// Opens a library that has what the loader asks of a driver.
  private static func open(_ name: String) -> (handle: UnsafeMutableRawPointer, path: String)? {
    guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return nil }
    guard let entry = dlsym(handle, "clGetExtensionFunctionAddress"),
      let path = vae_library_of(entry)
    else {
      dlclose(handle)
      return nil
    }
    return (handle, String(cString: path))
  }

  /// A folder with the system's `.icd` files and one for each of `paths`; nil where none can be made.
  private static func makeFolder() -> String? {
    let path = NSTemporaryDirectory() + "/vae-gpu-icd-\(UUID().uuidString)"
    let manager = FileManager.default
    do {
      try manager.createDirectory(
        atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      for name in ListedDriver.files(in: ListedDriver.folder) {
        try manager.createSymbolicLink(
          atPath: "\(path)/\(name)",
          withDestinationPath: "\(ListedDriver.folder)/\(name)")
      }
      for (index, driver) in paths.enumerated() {
        try Data("\(driver)\n".utf8)
          .write(to: URL(fileURLWithPath: "\(path)/vae-gpu-\(index).icd"))
      }
      return path
    } catch {
      try? manager.removeItem(atPath: path)
      return nil
    }
  }
}
