/// The memory that a command reads and writes.
package struct CommandAccess {
  package let reads: [BufferView]
  package let writes: [BufferView]

  package init(reads: [BufferView], writes: [BufferView]) {
    self.reads = reads
    self.writes = writes
  }

  /// Whether one writes what the other reads or writes, so that they must run in order.
  package func conflicts(with other: CommandAccess) -> Bool {
    writes.contains { view in (other.reads + other.writes).contains { $0.overlaps(view) } }
      || other.writes.contains { view in reads.contains { $0.overlaps(view) } }
  }
}
