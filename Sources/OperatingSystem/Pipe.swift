import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A pipe of which no child inherits an end by accident.
package struct Pipe: Sendable {
  package let reader: PipeEnd
  package let writer: PipeEnd

  package init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .last(.makePipe, "") }
    (reader, writer) = (PipeEnd(ends[0]), PipeEnd(ends[1]))
  }
}

/// One end of a pipe. It closes when it goes.
package final class PipeEnd: Sendable {
  private let number: Atomic<Int32>

  init(closed: Void) { number = Atomic(-1) }

  fileprivate init(_ descriptor: Int32) {
    number = Atomic(descriptor)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close() }

  /// Negative when it is closed.
  package var descriptor: Int32 { number.load(ordering: .acquiring) }

  package var isOpen: Bool { descriptor >= 0 }

  package func close() {
    let descriptor = giveAway()
    if descriptor >= 0 { closeDescriptor(descriptor) }
  }

  /// Its descriptor, which from now on is whose who has it.
  func giveAway() -> Int32 { number.exchange(-1, ordering: .acquiringAndReleasing) }

  /// Reading and writing return at once from now on.
  func waitsForNobody() {
    if isOpen { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
  }

  /// Whether there is something to read, or is within so long; a signal ends the wait.
  package func isReady(within patience: Duration) -> Bool {
    Readiness.reading.holds(of: descriptor, within: Int32(patience / .milliseconds(1)))
  }

  /// Waits until there is something to read, the deadline passes, or somebody interrupts. It stays open
  /// for so long.
  package func wait(until deadline: Deadline, or interruption: Interruption?) -> Readiness.Outcome {
    withExtendedLifetime(self) {
      Readiness.reading.wait(on: descriptor, until: deadline, or: interruption)
    }
  }

  /// Wakes whoever waits for the other end.
  package func wake() { _ = write([1]) }

  /// What is there; at its end it is closed.
  @discardableResult
  package func read() -> [UInt8] {
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

private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }

private func readDescriptor(
  _ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int
) -> Int {
  read(descriptor, start, count)
}

private func writeDescriptor(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
