import Glibc

/// Options that CLBlast passes to every compiler, by its environment variable.
enum CLBlastBuildOptions {
  /// CLBlast writes `c += a * b` and leaves it to the compiler whether the product is rounded before the sum. Intel's
  /// runtime for processors rounds it in loops over k that it vectorises, so that the bits are not those of the CPU
  /// backend; `mad` is one fused operation there. `__SPIR__` is 1 for its compiler and, in an `#if`, 0 for those that
  /// define no such macro (PoCL, NVIDIA, AMD). CLBlast 1.5 joins the text to its own options: the space ends it. `-w`: PoCL counts
  /// warnings on stderr.
  private static let options = "-w -DUSE_CL_MAD=__SPIR__ "

  /// Sets the variable where the user has not. Call it before the first OpenCL call, while no other thread reads the
  /// environment.
  static func set() { setenv("CLBLAST_BUILD_OPTIONS", options, 0) }
}
