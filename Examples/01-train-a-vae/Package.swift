// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "train-a-vae",
  dependencies: [.package(name: "vae-gpu", path: "../..")],
  targets: [
    .executableTarget(
      name: "train-a-vae", dependencies: [.product(name: "VAEGPU", package: "vae-gpu")])
  ],
  swiftLanguageModes: [.v6]
)
