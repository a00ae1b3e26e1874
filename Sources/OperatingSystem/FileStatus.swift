#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What the system says of a file, by whatever name.
package struct FileStatus: Sendable {
  package enum Kind: Sendable {
    case disk
    case file
    case folder
    case pipe
    /// A terminal, another device, a socket.
    case other
  }

  package let kind: Kind
  package let identity: FileIdentity
  /// Microseconds since 1970, when its content last changed.
  package let modified: Int64
  /// Bytes.
  let size: Int64
  /// The bits that chmod(2) takes.
  let permissions: UInt32

  /// Anyone on this machine may change it.
  package var isWritableByAnyone: Bool { permissions & UInt32(S_IWOTH) != 0 }

  /// Of a folder: only the owner of a file may take it away.
  package var isSticky: Bool { permissions & UInt32(S_ISVTX) != 0 }

  /// Of what a link leads to. nil: there is none, or the system refuses, with `errno`.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// nil: none is open there.
  package init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFBLK: .disk
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFIFO: .pipe
      default: .other
      }
    identity = FileIdentity(
      device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(status.st_ino))
    #if canImport(Darwin)
      modified = status.st_mtimespec.microseconds
    #else
      modified = status.st_mtim.microseconds
    #endif
    size = Int64(status.st_size)
    permissions = UInt32(status.st_mode) & 0o7777
  }
}

/// Which file it is; two names may have one.
package struct FileIdentity: Equatable, Sendable {
  fileprivate let device: UInt64
  fileprivate let number: UInt64

  fileprivate init(device: UInt64, number: UInt64) {
    (self.device, self.number) = (device, number)
  }

  /// nil: there is none of that name.
  package init?(path: String) {
    guard let status = FileStatus(path: path) else { return nil }
    self = status.identity
  }

  /// nil: none is open there.
  package init?(descriptor: Int32) {
    guard let status = FileStatus(descriptor: descriptor) else { return nil }
    self = status.identity
  }
}
