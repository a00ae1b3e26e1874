#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Bytes to stdout and stderr, and whatever else is open.
package enum Output {
  /// A failure has nowhere to be reported.
  package static func writeToStandardError(_ text: String) { _ = write(Array(text.utf8), to: 2) }

  static func write(_ bytes: [UInt8], to descriptor: Int32, of path: String = "") -> SystemError? {
    bytes.withUnsafeBytes { write($0, to: descriptor, of: path) }
  }

  /// - Parameter path: what is written, for the error.
  /// - Returns: why not all of it is written; nil where it is.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, of path: String
  ) -> SystemError? {
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
        _ = Readiness.writing.holds(of: descriptor, within: -1)
      default: return .last(.write, path)
      }
    }
    return nil
  }
}

/// write(2) by a name that the methods above don't hide.
private func systemWrite(
  _ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int
) -> Int {
  write(descriptor, start, count)
}
