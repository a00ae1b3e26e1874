#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What was asked of the operating system and did not come about: facts, of which whoever asked makes
/// a sentence.
package struct SystemError: Error, Equatable, Sendable {
  package enum Operation: Sendable {
    /// To make a file, or whatever is written in its place.
    case create
    case lock
    case makePipe
    case open
    case read
    /// To start a program.
    case run
    case write
  }

  package enum Kind: Equatable, Sendable {
    /// The system said no.
    case refused(errno: Int32)
    /// A disk, whose content would be overwritten.
    case isDisk
    case isFolder
    /// Our own stdout goes there too.
    case isStandardOutput
    /// What should be read is the terminal of whoever started us.
    case isTerminal
    /// Another process has it.
    case lockIsHeld
    /// A pipe that nobody reads from.
    case noReader
    /// Something else took its place while it was opened.
    case replaced
    /// Nothing came, or nothing was taken, for so long.
    case silent(Duration)
    /// It has more bytes than were asked for.
    case tooLarge
  }

  package var operation: Operation
  /// Of the file or program; `-` is stdin or stdout, and empty is what has no name.
  package var path: String
  package var kind: Kind

  package init(_ operation: Operation, _ path: String, _ kind: Kind) {
    (self.operation, self.path, self.kind) = (operation, path, kind)
  }

  /// With what the last call has left in `errno`.
  static func last(_ operation: Operation, _ path: String) -> SystemError {
    SystemError(operation, path, .refused(errno: lastErrno))
  }

  /// nil where the system did not refuse.
  package var errno: Int32? { if case .refused(let code) = kind { code } else { nil } }

  /// Whether whoever read has gone, as in `| head`.
  package var isReaderGone: Bool { errno == EPIPE }

  /// In the system's words, such as "No such file or directory".
  package static func text(ofErrno code: Int32) -> String { String(cString: strerror(code)) }

  /// What the system says where somebody was waited for too long.
  package static var timeoutText: String { text(ofErrno: ETIMEDOUT) }
}

/// By a name that the property does not hide.
private var lastErrno: Int32 { errno }
