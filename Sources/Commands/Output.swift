import SessionAudit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes to stdout and stderr.
enum Output {
  enum Outcome {
    case written
    /// The reader has gone (`| head`).
    case readerLeft
    case failed(errno: Int32)
  }

  /// That something could not be written whole; nil where it was.
  static func failure(_ outcome: Outcome, of what: String) -> ExitError? {
    let code: Int32
    switch outcome {
    case .written: return nil
    case .readerLeft: code = EPIPE
    case .failed(let errno): code = errno
    }
    return ExitError(
      status: .writeFailed,
      sentence: "\(what) could not be written: \(String(cString: strerror(code)))")
  }

  /// A failure has nowhere to be reported.
  static func writeToStandardError(_ text: String) { _ = write(Array(text.utf8), to: 2) }

  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Outcome {
    bytes.withUnsafeBytes { write($0, to: descriptor) }
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Outcome {
    var written = 0
    while written < bytes.count {
      let count = systemWrite(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count >= 0 {
        written += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // Somebody gave us a non-blocking descriptor.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, -1)
      case EPIPE: return .readerLeft
      case let code: return .failed(errno: code)
      }
    }
    return .written
  }
}

/// write(2) by a name that the methods above don't hide.
private func systemWrite(
  _ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int
) -> Int {
  write(descriptor, start, count)
}
