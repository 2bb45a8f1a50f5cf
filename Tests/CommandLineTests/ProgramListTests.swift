import CKernels
import FileFormats
import Foundation
import Testing

/// `vae-gpu programs` writes what the compile report compiles.
@Suite struct ProgramListTests {
  private let workspace: Workspace
  private let programs: [JSONValue]

  init() throws {
    workspace = try Workspace(withData: false)
    // No driver is needed.
    let result = try workspace.run(
      ["programs", "--out", "list"], environment: ["OCL_ICD_VENDORS": "/nonexistent"])
    try #require(result.code == 0 && result.errors.isEmpty, "\(result)")
    let index = try StrictJSON.parse(workspace.bytes("list/index.json"), path: "index.json")
    programs = try #require(index["programs"]?.elements)
  }

  @Test func everyKernelOfTheTableIsListed() throws {
    var count = 0
    let table = vae_kernels_f32(vae_best_level(), &count)
    let names = (0..<count).compactMap { table?[$0].name.map { String(cString: $0) } }
    let operations = programs.filter { $0["product"] == .null && $0["step"] == .null }
    #expect(names.count > 100)
    #expect(Set(operations.flatMap { $0.strings("kernels") }) == Set(names))
  }

  @Test func productsOfTheWorkloadsAreListedInEveryForm() throws {
    let products = programs.compactMap { $0["product"] }.filter { $0 != .null }
    let forms = Set(products.compactMap { $0["form"]?.string })
    #expect(
      forms.isSuperset(of: ["NT bias_relu", "NN relu_gradient", "TN + row sums"]), "\(forms)")
    let variants = Set(products.compactMap { $0["variant"]?.string })
    #expect(variants.count > 8 && products.count >= variants.count * forms.count)
  }

  @Test func stepsOfDenseLayersAreListedAsOneLaunch() throws {
    let steps = programs.filter { $0["step"] != .null }
    let names = Set(steps.compactMap { $0["step"]?.string })
    #expect(names.isSuperset(of: ["linear", "mlp300g", "mlp400", "mlp400 tf32"]), "\(names)")
    for step in steps {
      #expect(step.strings("kernels") == ["joined"])
      // OpenCL C has no variadic macros; NVIDIA's compiler refuses them.
      let text = try workspace.text("list/\(step["source"]?.string ?? "")")
      let hasVariadicMacros = text.contains("__VA_ARGS__")
      #expect(!hasVariadicMacros)
    }
  }

  @Test func everyProgramHasASourceAndAWorkGroupSize() throws {
    for program in programs {
      let source = try #require(program["source"]?.string)
      #expect(try workspace.text("list/\(source)").contains("KERNEL"))
      #expect(program["options"]?.string?.contains("-cl-std=") == true)
      #expect(program["work_group_size"]?.int64.map { $0 > 0 } == true)
      #expect(!program.strings("platforms").isEmpty)
    }
  }

  @Test func aFolderThatCannotBeMadeIsOneLine() throws {
    try workspace.write("a file", to: "taken")
    try workspace.expectError(["programs", "--out", "taken"], code: 73, "taken")
  }
}
