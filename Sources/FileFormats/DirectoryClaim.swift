import Foundation

/// A directory that one process works on: a lock that the kernel frees when the process ends, and
/// the identity of the directory, by which its loss is noticed.
package final class DirectoryClaim: Sendable {
  private let path: String
  private let descriptor: OpenFile
  private let device: dev_t
  private let inode: ino_t

  /// Claims the directory at `path`; inUse where another process holds it. A directory that cannot
  /// be opened or locked (some network file systems) is claimed without a lock.
  package init?(_ path: String) throws(FileError) {
    let number = openDescriptor(path, O_RDONLY | O_DIRECTORY)
    guard number >= 0 else { return nil }
    let descriptor = OpenFile(owning: number)
    if uninterrupted({ flock(number, LOCK_EX | LOCK_NB) }) != 0, errno == EWOULDBLOCK {
      throw FileError(
        .inUse, path: path, problem: "is in use: another process trains this run",
        advice: "wait until that has ended")
    }
    var status = stat()
    guard uninterrupted({ fstat(number, &status) }) == 0 else { return nil }
    self.path = path
    self.descriptor = descriptor
    device = status.st_dev
    inode = status.st_ino
  }

  // Closing alone would leave the lock to a process that is just being started: it has copies of
  // all descriptors until its program is loaded.
  deinit { _ = uninterrupted { flock(descriptor.number, LOCK_UN) } }

  /// Throws writeFailed where the directory is no longer at its path.
  package func check() throws(FileError) {
    var status = stat()
    if uninterrupted({ stat(path, &status) }) == 0 {
      if status.st_dev == device && status.st_ino == inode { return }
    } else if errno != ENOENT && errno != ENOTDIR {
      return
    }
    throw FileError(
      .writeFailed, path: path, problem: "was removed or renamed while the run was being trained",
      advice: "where it was renamed, go on with --resume and its new name")
  }
}
