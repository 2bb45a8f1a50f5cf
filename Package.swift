// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "vae-gpu",
  products: [
    .library(name: "VAEGPU", targets: ["VAEGPU"]),
    .executable(name: "vae-gpu", targets: ["vae-gpu"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // System libraries.
    .systemLibrary(
      name: "COpenCL", pkgConfig: "OpenCL",
      providers: [.apt(["ocl-icd-opencl-dev", "opencl-headers"])]),
    .systemLibrary(name: "CCLBlast", pkgConfig: "clblast", providers: [.apt(["libclblast-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-pthread-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

    // The engine, lowest layer first.
    .target(name: "CKernels", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CCLBlastParameters", dependencies: ["CCLBlast", "COpenCL"]),
    .target(name: "Compute", dependencies: ["CKernels"]),
    .target(name: "CPUBackend", dependencies: ["Compute", "CKernels", "COpenBLAS"]),
    .target(
      name: "OpenCLBackend",
      dependencies: [
        "Compute", "CKernels", "COpenCL", "CCLBlast", "CCLBlastParameters", "CZlib", "FileFormats",
      ]),
    .target(name: "Graph", dependencies: ["Compute"]),
    .target(name: "NeuralNetwork", dependencies: ["Graph"]),
    .target(name: "VAEModels", dependencies: ["NeuralNetwork"]),
    .target(name: "LinearAlgebra", dependencies: ["COpenBLAS"]),
    .target(name: "FileFormats", dependencies: ["CZlib", "CPNG"]),
    .target(name: "Datasets", dependencies: ["FileFormats"]),
    .target(
      name: "Training",
      dependencies: ["VAEModels", "LinearAlgebra", "Datasets", "FileFormats", "TOMLKit"]),
    .target(
      name: "VAEGPU",
      dependencies: ["Training", "LinearAlgebra", "CPUBackend", "OpenCLBackend", "CKernels"]),
    .executableTarget(
      name: "vae-gpu",
      dependencies: [
        "VAEGPU", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Feeds files to the parsers; Scripts/fuzz builds it with libFuzzer.
    .executableTarget(
      name: "vae-gpu-fuzz", dependencies: ["VAEGPU"], path: "Tests/Fuzz", exclude: ["Corpus"]),
    .target(
      name: "TestSupport", dependencies: ["FileFormats", "Graph", "CZlib"],
      path: "Tests/TestSupport"),
    .testTarget(name: "ComputeTests", dependencies: ["Compute", "CPUBackend"]),
    .testTarget(name: "GraphTests", dependencies: ["Graph", "CPUBackend", "TestSupport"]),
    .testTarget(
      name: "BackendConformanceTests",
      dependencies: [
        "Graph", "CPUBackend", "OpenCLBackend", "CKernels", "COpenCL", "FileFormats",
        "TestSupport",
      ]),
    .testTarget(
      name: "VAEModelsTests",
      dependencies: [
        "VAEModels", "NeuralNetwork", "Graph", "Compute", "CPUBackend", "FileFormats",
        "TestSupport",
      ]),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["VAEGPU", "LinearAlgebra", "CPUBackend", "OpenCLBackend", "TestSupport"]),
    .testTarget(name: "CommandLineTests", dependencies: ["vae-gpu", "CKernels", "FileFormats"]),
    .testTarget(name: "FileFormatsTests", dependencies: ["FileFormats", "CZlib", "TestSupport"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "FileFormats", "CZlib", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu2x
)
