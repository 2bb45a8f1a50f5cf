/// A driver that is installed and offers no device.
package struct DriverProblem: Sendable, Equatable {
  /// "platform Portable Computing Language", or the driver's library.
  package let subject: String
  /// For example "is installed but offers no device (clGetDeviceIDs: CL_DEVICE_NOT_FOUND)".
  package let problem: String
  /// What to look at.
  package let advice: String

  package init(subject: String, problem: String, advice: String) {
    self.subject = subject
    self.problem = problem
    self.advice = advice
  }

  /// A platform whose clGetDeviceIDs gave `status`.
  init(platform: String, status: String) {
    let advice =
      switch platform {
      case "Portable Computing Language":
        "its cache folder (POCL_CACHE_DIR, else ~/.cache/pocl) must be writable"
      case "rusticl": "RUSTICL_ENABLE must name a driver, and libclc must be installed"
      default: "look at the permissions of /dev/dri, /dev/kfd or /dev/nvidia*"
      }
    self.init(
      subject: "platform \(platform)",
      problem: "is installed but offers no device (clGetDeviceIDs: \(status))", advice: advice)
  }

  /// One line without the advice.
  package var summary: String { "\(subject) \(problem)" }
  /// One line.
  package var description: String { "\(summary); \(advice)" }
}
