import OpenCLBackend
import Testing

@Suite struct MatrixLayoutTests {
  @Test(
    arguments: [
      ("gfx90a:sramecc+:xnack-", 64, MatrixLayout.mfma), ("gfx942", 64, .mfma),
      ("gfx1100", 32, .wmma), ("gfx1151", 32, .wmma),
      // Waves of the other width, and processors without the instructions or with others.
      ("gfx90a", 32, nil), ("gfx1100", 64, nil), ("gfx906", 64, nil), ("gfx1030", 32, nil),
      ("gfx1200", 32, nil), ("", 0, nil),
    ] as [(String, Int, MatrixLayout?)])
  func `an AMD processor has the matrix instructions of its name and its waves`(
    _ processor: String, _ wave: Int, _ layout: MatrixLayout?
  ) {
    #expect(MatrixLayout.amd(processor: processor, wave: wave) == layout)
  }

  @Test func `an Intel GPU has matrix instructions where it says so, in its smallest sub-groups`() {
    let extensions: Set = [
      "cl_intel_subgroup_matrix_multiply_accumulate", "cl_intel_required_subgroup_size",
    ]
    #expect(MatrixLayout.intel(extensions: extensions, subgroups: [8, 16, 32]) == .xmx8)
    #expect(MatrixLayout.intel(extensions: extensions, subgroups: [16, 32]) == .xmx16)
    #expect(MatrixLayout.intel(extensions: extensions, subgroups: [32]) == nil)
    #expect(
      MatrixLayout.intel(extensions: extensions.subtracting([extensions.first!]), subgroups: [16])
        == nil)
  }

  @Test func `every share of a tile is made of whole instructions`() {
    for layout in MatrixLayout.allCases {
      for precision in layout.precisions {
        for tile in [16, 32, 64, 128] {
          let share = layout.share(ofTile: tile, precision)
          #expect(tile % share.rows == 0 && tile % share.columns == 0)
          #expect(share.rows % layout.step.m == 0 && share.columns % layout.step.n == 0)
        }
      }
    }
  }
}
