/// A file read from its start, inflated on the way when it is gzip data.
///
/// It hands out what the caller asks for and no more, so a gzip bomb is never inflated.
package struct InflatingReader: ~Copyable {
  private var file: FileReader
  private var inflater: Inflater
  private let isGzip: Bool
  private var input: [UInt8]
  private var position = 0

  /// Opens `path` and looks at its first two bytes.
  package init(_ path: String) throws(FileError) {
    var file = try FileReader.open(path)
    let input = try file.read(exactly: min(2, file.remaining))
    let inflater = try Inflater(path: path)
    self.file = file
    self.inflater = inflater
    self.input = input
    self.isGzip = Gzip.isGzip(input)
  }

  /// The most bytes that can still come, by the size of the file: its rest, times 1032 for gzip.
  package var largestRest: Int {
    let rest = input.count - position + file.remaining
    // zlib's window may still hold what a step had no room for.
    guard isGzip else { return rest }
    let (product, overflow) = (rest + 512).multipliedReportingOverflow(by: Gzip.largestRatio)
    return overflow ? .max : product
  }

  /// Up to `count` bytes; fewer only at the end of the data. `count` is first held against
  /// `largestRest`, so a hostile number cannot allocate.
  package mutating func read(upTo count: Int) throws(FileError) -> [UInt8] {
    let count = min(count, largestRest)
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let room = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
      do throws(FileError) {
        filled = try read(into: room)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private mutating func read(into room: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    var filled = 0
    while filled < room.count {
      if position == input.count { try refill() }
      let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled...])
      let step = try isGzip ? inflate(into: rest) : copy(into: rest)
      position += step.consumed
      filled += step.produced
      if step == (0, 0) && position == input.count && file.remaining == 0 { break }
    }
    return filled
  }

  private mutating func inflate(into room: UnsafeMutableRawBufferPointer)
    throws(FileError) -> (consumed: Int, produced: Int)
  {
    let step = try input.withUnsafeBufferPointer { (buffer) throws(FileError) in
      let source = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[position...]))
      return try inflater.step(source, into: room)
    }
    if step == (0, 0) && !inflater.isAtMemberEnd { throw Gzip.truncated(file.path) }
    return step
  }

  private func copy(into room: UnsafeMutableRawBufferPointer) -> (consumed: Int, produced: Int) {
    let count = min(room.count, input.count - position)
    room.copyBytes(from: input[position..<position + count])
    return (count, count)
  }

  private mutating func refill() throws(FileError) {
    input = try file.read(exactly: min(1 << 18, file.remaining))
    position = 0
  }
}
