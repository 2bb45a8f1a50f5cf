import FileFormats
import Foundation
import Training

/// Feeds files to a parser: `vae-gpu-fuzz PARSER FILE...` once each; built by Scripts/fuzz with `FUZZING`, the arguments behind the
/// parser are libFuzzer's.
///
/// Whatever the bytes, a parser returns or throws an error of one line. A trap, a sanitizer's report or a broken promise ends the
/// process.
@main enum Fuzz {
  nonisolated(unsafe) static var parser = Parser.all[0]

  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count > 1, let chosen = Parser.all.first(where: { $0.name == arguments[1] })
    else {
      let names = Parser.all.map(\.name).joined(separator: "\n")
      print(names)
      exit(arguments.count == 1 ? 0 : 64)
    }
    parser = chosen
    #if FUZZING
      runLibFuzzer([arguments[0]] + arguments.dropFirst(2))
    #else
      for path in arguments.dropFirst(2) {
        guard let data = FileManager.default.contents(atPath: path) else {
          print("\(path): cannot be read")
          exit(66)
        }
        feed([UInt8](data))
      }
    #endif
  }

  /// Gives bytes to the parser, and looks at the error that it throws.
  static func feed(_ bytes: [UInt8]) {
    do {
      try parser.parse(bytes)
    } catch let error as FileError {
      checkLine(error.description)
    } catch let error as ConfigurationError {
      checkLine(error.description)
    } catch {
      fatalError("\(parser.name) throws an error of another kind: \(error)")
    }
  }

  private static func checkLine(_ text: String) {
    let isLine =
      !text.isEmpty && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    precondition(
      isLine, "\(parser.name): an error is not one line of text: \(text.debugDescription)")
  }
}

#if FUZZING
  /// libFuzzer's driver, which does not return before it is done.
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
  ) -> Int32

  private func runLibFuzzer(_ arguments: [String]) {
    var count = Int32(arguments.count)
    let words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
      capacity: arguments.count + 1)
    for (index, word) in arguments.enumerated() { words[index] = strdup(word) }
    words[arguments.count] = nil
    var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = words
    let code = runDriver(&count, &list) { bytes, length in
      Fuzz.feed([UInt8](UnsafeBufferPointer(start: bytes, count: length)))
      return 0
    }
    exit(code)
  }
#endif
