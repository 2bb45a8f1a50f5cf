import Compute
import Foundation
import Graph
import TestSupport
import Testing

/// Sums over the lanes of a work-group, whose local memory is its own.
@Suite("Sums of a work-group") @MainActor struct GroupSumTests {
  /// Under a checker a launch takes seconds.
  private static let launches =
    ProcessInfo.processInfo.environment["VAE_GPU_DEBUG"] == "1" ? 10 : 2000

  /// A driver that shares local memory among its threads makes another sum now and then. The kernel
  /// makes two sums with one array, and three work-groups run side by side.
  @Test(arguments: TestDevice.all)
  func `all launches give the same bits`(_ device: TestDevice) throws {
    var generator = SeededGenerator("sums of a work-group")
    let recording = Recording()
    let count = 3 * 4096
    let x = recording.input((0..<count).map { _ in generator.real(-1, 1) }, [count])
    let output = recording.graph.partialSumsOfSquares(x)
    let program = try recording.program([output], on: try device.open())
    try program.run()
    let first = try program.readDoubles(output)
    for launch in 1..<Self.launches {
      try program.run()
      let again = try program.readDoubles(output)
      try #require(bits([again]) == bits([first]), "launch \(launch)")
    }
  }
}
