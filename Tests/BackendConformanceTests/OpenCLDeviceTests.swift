import CKernels
import COpenCL
import Compute
import OpenCLBackend
import Testing

@Suite("OpenCL devices") @MainActor struct OpenCLDeviceTests {
  private nonisolated static let cpuKernels: [String] = {
    var count = 0
    let table = vae_kernels_f32(vae_best_level(), &count)
    return (0..<count).compactMap { table?[$0].name.map { String(cString: $0) } }
  }()

  @Test func `devices are numbered from 0 with the GPUs first`() {
    let devices = OpenCLDevice.all()
    #expect(devices.map(\.info.index) == Array(0..<devices.count))
    let kinds = devices.map(\.info.type)
    let ranks = kinds.compactMap { [.gpu, .accelerator, .cpu, .other].firstIndex(of: $0) }
    #expect(ranks == ranks.sorted())
    #expect(devices.isEmpty || OpenCLDevice.platformCount > 0)
  }

  @Test func `float32 and float64 tables have the same kernels, each once`() {
    var count = 0
    let table = vae_kernels_f64(&count)
    let names = (0..<count).compactMap { table?[$0].name.map { String(cString: $0) } }
    #expect(names.sorted() == Self.cpuKernels.sorted())
    #expect(Set(names).count == names.count)
    #expect(names.count > 20)
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `a device has exactly the kernels of the CPU backend`(_ device: TestDevice) throws {
    let backend = try #require(try device.open() as? OpenCLBackend)
    let builder = ProgramBuilder(
      context: backend.context.raw, device: backend.device, cache: ProgramCache(directory: nil))
    let program = try builder.build(
      source: OpenCLBackend.source(vae_opencl_operations()),
      options: OpenCLBackend.buildOptions(backend.device))
    for name in Self.cpuKernels {
      var status: cl_int = 0
      let kernel = clCreateKernel(program.raw, name, &status)
      #expect(kernel != nil && status == CL_SUCCESS, "\(name)")
      if let kernel { clReleaseKernel(kernel) }
    }
    var kernels: [cl_kernel?] = Array(repeating: nil, count: 256)
    var count: cl_uint = 0
    try #require(clCreateKernelsInProgram(program.raw, 256, &kernels, &count) == CL_SUCCESS)
    for kernel in kernels.compactMap({ $0 }) { clReleaseKernel(kernel) }
    #expect(Int(count) == Self.cpuKernels.count)
  }

  @Test func `the text of a kernel can be had alone, and comes with no other`() throws {
    let whole = try #require(vae_opencl_operations().map { String(cString: $0) })
    let text = KernelText(whole)
    #expect(text.selecting(Set(Self.cpuKernels)) == whole)
    let none = text.selecting([])
    #expect(!none.contains("\nKERNEL(") && !none.contains("\nROW_KERNEL("))
    #expect(!none.contains("\nONE_HEAD(") && none.contains("FUNCTION"))
    let adam = text.selecting(["adam"])
    #expect(adam.contains("\nKERNEL(adam,") && !adam.contains("\nKERNEL(add,"))
    #expect(adam.count < whole.count)
    let bernoulli = text.selecting(["bernoulli_log_likelihood"])
    #expect(bernoulli.contains("\nONE_HEAD(bernoulli)\n"))
    #expect(!bernoulli.contains("\nMANY_HEADS("))
  }

  /// Each kernel must compile with what is left of the text, and be in it.
  @Test(arguments: TestDevice.allOpenCL)
  func `every kernel compiles alone`(_ device: TestDevice) throws {
    let openCL = try #require(device.openCLDevice)
    let backend = try OpenCLBackend(openCL, cache: ProgramCache(directory: nil), gemm: .untuned)
    let builder = ProgramBuilder(
      context: backend.context.raw, device: openCL, cache: ProgramCache(directory: nil))
    let text = KernelText(try #require(vae_opencl_operations().map { String(cString: $0) }))
    // One of each file and each form; all would take minutes.
    let names = [
      "relu_gradient", "bias_identity", "activate_gelu", "reparameterise_of_elbo_backward",
      "continuous_bernoulli_draw", "logistic_shared_log_likelihood_with_gradient",
      "logistic_mixture_mean", "optimal_log_scale", "importance_bound_backward",
      "column_sum_after_gelu_gradient", "gated_linear", "resize_backward", "running_statistics",
      "gather_binarised", "corrupt", "finish_negative_elbo", "free_bits_backward", "adam",
    ]
    #expect(Set(names).isSubset(of: Self.cpuKernels))
    for name in names {
      let selected = text.selecting([name]).withCString { OpenCLBackend.source($0) }
      let program = try builder.build(
        source: selected, options: OpenCLBackend.buildOptions(openCL))
      var status: cl_int = 0
      let kernel = clCreateKernel(program.raw, name, &status)
      #expect(kernel != nil && status == CL_SUCCESS, "\(name)")
      if let kernel { clReleaseKernel(kernel) }
    }
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `an error in a kernel carries the compiler's log`(_ device: TestDevice) throws {
    let backend = try #require(try device.open() as? OpenCLBackend)
    let builder = ProgramBuilder(
      context: backend.context.raw, device: backend.device, cache: ProgramCache(directory: nil))
    let source = "__kernel void broken(__global float *x) { x[0] = undeclared_name; }"
    do {
      _ = try builder.build(source: source, options: OpenCLBackend.buildOptions(backend.device))
      Issue.record("the program was built")
    } catch {
      #expect(error.code == .buildFailed)
      #expect(error.buildLog?.contains("undeclared_name") == true, "\(error)")
      #expect(error.description.contains("undeclared_name"))
      #expect(error.operation.contains(backend.info.name))
    }
  }

  @Test(arguments: TestDevice.allOpenCL)
  func `two backends of one device work side by side`(_ device: TestDevice) throws {
    let openCL = try #require(device.openCLDevice)
    let cache = ProgramCache(directory: nil)
    var first: OpenCLBackend? = try OpenCLBackend(openCL, cache: cache)
    let second = try OpenCLBackend(openCL, cache: cache)
    let recording = Recording()
    let a = recording.input([1, 2, 3, 4, 5, 6], [2, 3])
    let product = recording.graph.multiply(a, a, transposeB: true)
    let expected: [[Double]] = [[14, 32, 32, 77]]
    if let first { #expect(try recording.run([product], on: first) == expected) }
    let program = try recording.program([product], on: second)
    try program.run()
    first = nil
    // The end of the first clears CLBlast's programs: the second goes on.
    try program.run()
    #expect(try program.readDoubles(product) == expected[0])
  }
}
