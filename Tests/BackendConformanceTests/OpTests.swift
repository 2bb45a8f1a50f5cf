import Compute
import Graph
import Testing

/// Everything that holds for each row of the table of operations.
@Suite("Operations of the table") @MainActor struct OpTests {
  @Test(arguments: OpInstance.all)
  func `the float64 reference agrees with the formula`(_ instance: OpInstance) throws {
    let values = instance.values()
    let results = try OpProgram(instance, on: TestDevice.reference).run(values).outputs
    let expected = instance.op.formula(values, instance.size)
    #expect(results.count == expected.count)
    for (index, pair) in zip(results, expected).enumerated() {
      let error = relativeError(pair.0, pair.1)
      #expect(error <= instance.op.formulaTolerance, "output \(index)")
    }
  }

  @Test(arguments: OpInstance.all, TestDevice.all)
  func `a device agrees with the float64 reference`(
    _ instance: OpInstance, _ device: TestDevice
  ) throws {
    let values = instance.values()
    let program = try OpProgram(instance, on: try device.open(), withGradients: true)
    let results = try program.run(values)
    let expected = try OpProgram(instance, on: TestDevice.reference, withGradients: true)
      .run(values)
    for (index, pair) in zip(results.outputs, expected.outputs).enumerated() {
      let error = relativeError(pair.0, pair.1)
      #expect(error <= instance.op.tolerance, "output \(index)")
    }
    for (gradient, pair) in zip(program.gradients, zip(results.gradients, expected.gradients)) {
      let error = relativeError(pair.0, pair.1)
      #expect(
        error <= max(instance.op.tolerance, 1e-6),
        "gradient of output \(gradient.output) for input \(gradient.input)")
    }
  }

  @Test(arguments: OpInstance.all, TestDevice.all)
  func `two runs give the same bits`(_ instance: OpInstance, _ device: TestDevice) throws {
    let values = instance.values()
    let backend = try device.open()
    let program = try OpProgram(instance, on: backend, withGradients: true)
    let first = try program.run(values)
    let second = try program.run(values)
    let third = try OpProgram(instance, on: backend, withGradients: true).run(values)
    for other in [second, third] {
      #expect(bits(first.outputs) == bits(other.outputs))
      #expect(bits(first.gradients) == bits(other.gradients))
    }
  }

  @Test(.enabled(if: TestDevice.all.count > 1, "there is one device"), arguments: OpInstance.all)
  func `the CPU gives the same bits with any number of threads and any instruction set`(
    _ instance: OpInstance
  ) throws {
    let values = instance.values()
    let results = try TestDevice.cpu.map {
      try OpProgram(instance, on: try $0.open(), withGradients: true).run(values)
    }
    for other in results.dropFirst() {
      #expect(bits(results[0].outputs) == bits(other.outputs))
      #expect(bits(results[0].gradients) == bits(other.gradients))
    }
  }

  @Test(arguments: OpInstance.all, TestDevice.all)
  func `no operation reads memory that nothing has written`(
    _ instance: OpInstance, _ device: TestDevice
  ) throws {
    let values = instance.values()
    let backend = try device.open()
    let expected = try OpProgram(instance, on: backend, withGradients: true).run(values)
    let poisoned = PoisoningBackend(backend)
    let results = try OpProgram(instance, on: poisoned, withGradients: true).run(values)
    #expect(bits(results.outputs) == bits(expected.outputs))
    #expect(bits(results.gradients) == bits(expected.gradients))
  }

  @Test(arguments: OpInstance.all, TestDevice.exactOpenCL)
  func `an OpenCL device that rounds correctly gives the bits of the CPU`(
    _ instance: OpInstance, _ device: TestDevice
  ) throws {
    let values = instance.values()
    let results = try OpProgram(instance, on: try device.open(), withGradients: true).run(values)
    let expected = try OpProgram(instance, on: try TestDevice.cpu[0].open(), withGradients: true)
      .run(values)
    #expect(bits(results.outputs) == bits(expected.outputs))
    #expect(bits(results.gradients) == bits(expected.gradients))
  }

  @Test(arguments: OpInstance.differentiable.filter { $0.size == 33 }, TestDevice.all)
  func `a NaN in an input is not hidden`(_ instance: OpInstance, _ device: TestDevice) throws {
    let values = instance.values()
    let program = try OpProgram(instance, on: try device.open())
    for (index, input) in instance.inputs.enumerated() where input.isDifferentiable {
      var poisoned = values
      poisoned[index][values[index].count - 1] = .nan
      let isVisible = try program.run(poisoned).outputs.joined().contains { $0.isNaN }
      #expect(isVisible, "input \(index)")
    }
  }
}
