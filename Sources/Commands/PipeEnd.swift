#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One end of a pipe to or from a child, which no child inherits by accident.
final class PipeEnd {
  /// Negative when it is closed.
  private(set) var descriptor: Int32

  init(closed: Void) { descriptor = -1 }

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// - Returns: nil where the system has no descriptor left.
  static func pipe() -> (reader: PipeEnd, writer: PipeEnd)? {
    var ends: [Int32] = [-1, -1]
    guard makePipe(&ends) == 0 else { return nil }
    return (PipeEnd(ends[0]), PipeEnd(ends[1]))
  }

  deinit { close() }

  var isOpen: Bool { descriptor >= 0 }

  func close() {
    if isOpen { closeDescriptor(descriptor) }
    descriptor = -1
  }

  /// Reading and writing return at once from now on.
  func waitsForNobody() {
    if isOpen { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
  }

  /// What is there; at its end it is closed.
  func read() -> [UInt8] {
    var isAtEnd = false
    let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
      let got = readDescriptor(descriptor, buffer.baseAddress!, buffer.count)
      count = max(0, got)
      isAtEnd = got == 0 || got < 0 && errno != EAGAIN && errno != EINTR
    }
    if isAtEnd { close() }
    return bytes
  }

  /// - Returns: how many bytes went in; negative where nobody reads any more.
  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    let count = bytes.withUnsafeBytes { writeDescriptor(descriptor, $0.baseAddress!, $0.count) }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : count
  }
}

// By names that the methods above don't hide.

private func makePipe(_ ends: inout [Int32]) -> Int32 { pipe(&ends) }

private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }

private func readDescriptor(
  _ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int
) -> Int {
  read(descriptor, start, count)
}

private func writeDescriptor(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
