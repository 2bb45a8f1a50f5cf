import Compute
import Datasets
import FileFormats
import Foundation
import VAEGPU

/// The checks of the doctor.
enum DoctorChecks {
  /// Runs the checks of a part.
  static func run(_ part: DoctorPart, _ report: DoctorChild) {
    switch part {
    case .drivers:
      report.doing("looking for OpenCL drivers")
      (drivers() + driverProblems() + unlistedDrivers() + slowDevices()).forEach(report.found)
      for info in Device.all.dropFirst() { report.device(info) }
    case .device(let selector): check(selector, report)
    case .files:
      for (check, name) in [
        (dataSet, "loading the data set"), (cache, "looking at the cache"),
        (disk, "looking at the disk"),
      ] {
        report.doing(name)
        check().forEach(report.found)
      }
    }
  }

  private static func drivers() -> [Finding] {
    let count = Installation.driverCount
    let platforms = Set(Device.all.dropFirst().map(\.platform)).sorted()
    guard platforms.isEmpty else {
      return [
        Finding(.ok, "OpenCL drivers", "\(count) found (\(platforms.joined(separator: ", ")))")
      ]
    }
    guard Installation.driverProblems.isEmpty else {
      return [
        Finding(
          .note, "OpenCL drivers", "\(count) found and none offers a device; the CPU backend works")
      ]
    }
    if let hidden = ProcessInfo.processInfo.environment["OCL_ICD_VENDORS"] {
      return [
        Finding(
          .note, "OpenCL drivers",
          "none found; OCL_ICD_VENDORS is \(hidden); the CPU backend works",
          fix: "unset OCL_ICD_VENDORS")
      ]
    }
    let (hardware, fix) = driverAdvice()
    return [
      Finding(.note, "OpenCL drivers", "none found\(hardware); the CPU backend works", fix: fix)
    ]
  }

  /// Mesa's llvmpipe through Rusticl: its fma is emulated with integer operations, and inlined each
  /// time.
  private static func slowDevices() -> [Finding] {
    Device.all.filter { $0.platform == "rusticl" && $0.name.hasPrefix("llvmpipe") }.map { info in
      Finding(
        .note, "device \(info.selector) is slow",
        "\(info.name) emulates fused multiply-adds and takes up to half a minute to compile a kernel",
        fix: "apt-get install pocl-opencl-icd, or use --device cpu")
    }
  }

  private static func driverProblems() -> [Finding] {
    Installation.driverProblems.map {
      Finding(.note, $0.subject, $0.problem, fix: $0.advice)
    }
  }

  /// Drivers that only this program finds; others need the line.
  private static func unlistedDrivers() -> [Finding] {
    Installation.unlistedDrivers.map { path in
      let stem = path.split(separator: "/").last?.split(separator: ".").first ?? "driver"
      return Finding(
        .note, "OpenCL driver without an .icd file", "\(path); vae-gpu finds it by itself",
        fix: "mkdir -p /etc/OpenCL/vendors && echo \(ShellWord.quoted(path)) > "
          + "/etc/OpenCL/vendors/\(stem).icd")
    }
  }

  /// What hardware the kernel shows, and the line that installs its driver.
  private static func driverAdvice() -> (String, String) {
    let files = FileManager.default
    if files.fileExists(atPath: "/dev/nvidiactl") {
      return (
        ", though there is an NVIDIA GPU: libnvidia-opencl.so.1 cannot be loaded",
        "apt-get install nvidia-opencl-icd, or start the container with "
          + "NVIDIA_DRIVER_CAPABILITIES=compute,utility"
      )
    }
    if files.fileExists(atPath: "/dev/kfd") {
      return (", though there is an AMD GPU", "apt-get install rocm-opencl-icd")
    }
    if files.fileExists(atPath: "/dev/dri/renderD128") {
      return (
        ", though there is a GPU",
        "apt-get install intel-opencl-icd (Intel) or mesa-opencl-icd (others)"
      )
    }
    return ("", "apt-get install pocl-opencl-icd (the processor), or your GPU's driver")
  }

  private static func check(_ selector: String, _ report: DoctorChild) {
    let name = "device \(selector)"
    report.doing("opening the device")
    do {
      let device = try Device.open(selector)
      let info = device.info
      let fix =
        info.index == nil
        ? "reinstall OpenBLAS: apt-get install --reinstall libopenblas0-pthread"
        : "update the driver of \(info.platform), or use another --device"
      report.found(Finding(.ok, name, "\(info.name) (\(info.platform)) opens"))
      for (label, test) in [
        ("64x64x64 GEMM", SelfTest.matrixProduct),
        ("sample and KL kernel", SelfTest.reparameterise),
      ] {
        report.doing("running the \(label)")
        report.found(probe("\(name), \(label)", fix, device, test))
      }
    } catch {
      report.found(
        Finding(.fail, name, "\(error)", fix: "update its driver, or use another --device"))
    }
  }

  private static func probe(
    _ name: String, _ fix: String, _ device: Device,
    _ test: (Device) throws(ComputeError) -> Double
  ) -> Finding {
    do {
      let error = try test(device)
      let text = "relative error \(String(format: "%.1e", error)) against the CPU in float64"
      let passed = error <= SelfTest.tolerance
      return Finding(passed ? .ok : .fail, name, text, fix: passed ? nil : fix)
    } catch {
      return Finding(.fail, name, "\(error)", fix: fix)
    }
  }
}
