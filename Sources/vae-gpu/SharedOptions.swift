import ArgumentParser
import Datasets
import FileFormats
import Graph
import VAEGPU

/// Where a command computes.
struct DeviceOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "auto, cpu, a number or a part of a name, as 'vae-gpu devices' lists them.",
    transform: FlagValue.device)
  var device: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads of the CPU backend (default: all processors).", valueName: "n"),
    transform: FlagValue.integer(1...1024))
  var threads: Int?

  @Option(
    help: """
      Order of sums in matrix products: exact (the bits of the CPU backend) or fast, which is the same \
      in every run on a device (default: fast; the CPU backend and OpenCL on processors know exact alone).
      """,
    transform: FlagValue.choice(SummationOrder.self))
  var order: SummationOrder?

  func open() throws -> Device { try Device.open(device, threads: threads, order: order) }
}

/// Which images a command looks at.
struct ImageOptions: ParsableArguments {
  @Option(
    help: "A data set other than the run's: fashion-mnist, sprites or a directory of IDX files.",
    transform: FlagValue.path)
  var data: String?

  @Option(
    help: "train, validation (of a run that held images out) or test (default: test).",
    transform: FlagValue.choice(Split.self))
  var split: Split?

  var chosenSplit: Split { split ?? .test }
}

/// How grey pixels are given to the encoder.
struct InputOptions: ParsableArguments {
  @Option(
    help: "Inputs of the encoder: none (grey) or static (default: none, static for such a run).",
    transform: FlagValue.choice(Binarization.self, [.none, .static]))
  var binarize: Binarization?

  /// Dynamic binarisation is for training; what a picture or a code shows is the grey image.
  func binarization(of configuration: RunConfiguration) -> Binarization {
    binarize ?? (configuration.binarization == .static ? .static : .none)
  }
}

/// The array that a command writes.
struct ArrayOutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write: .npy.", valueName: "file"),
    transform: FlagValue.path)
  var output: String

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  func say(_ line: String) {
    if !quiet { Console.error(line) }
  }
}

/// The picture or the array that a command writes.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write: .png or .npy.", valueName: "file"),
    transform: FlagValue.path)
  var output: String

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  func say(_ line: String) {
    if !quiet { Console.error(line) }
  }
}
