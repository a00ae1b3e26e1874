import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// SIGINT and SIGTERM while sessions may be ended. The first lets nothing more be signalled, and
/// what was is still watched and reported; the second ends that wait as well; the third ends the
/// process.
package struct Interrupts: Sendable {
  package enum Signal: Sendable {
    case interrupt
    case terminate
  }

  /// Raised by the first signal.
  package let first: Interruption
  /// Raised by the second.
  package let second: Interruption

  /// Takes both signals from now on, for good. nil where the system has no descriptor left.
  package static func install() -> Interrupts? {
    guard let one = try? Pipe(), let other = try? Pipe() else { return nil }
    // Written before the handler can run, and never after.
    writers = (one.writer.giveAway(), other.writer.giveAway())
    signalCount.store(0, ordering: .sequentiallyConsistent)
    firstNumber.store(0, ordering: .sequentiallyConsistent)
    for number in [SIGINT, SIGTERM] { signal(number, handle) }
    return Interrupts(
      first: Interruption(descriptor: one.reader.giveAway()),
      second: Interruption(descriptor: other.reader.giveAway()))
  }

  /// nil where none has come.
  package var firstSignal: Signal? {
    switch firstNumber.load(ordering: .sequentiallyConsistent) {
    case SIGINT: .interrupt
    case SIGTERM: .terminate
    default: nil
    }
  }
}

nonisolated(unsafe) private var writers: (first: Int32, second: Int32) = (-1, -1)
private let signalCount = Atomic<Int>(0)
private let firstNumber = Atomic<Int32>(0)

/// Runs in the middle of anything: atomics and write(2) alone.
private func handle(_ number: Int32) {
  let code = errno
  var byte: UInt8 = 1
  switch signalCount.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue {
  case 0:
    firstNumber.store(number, ordering: .sequentiallyConsistent)
    _ = write(writers.first, &byte, 1)
  case 1: _ = write(writers.second, &byte, 1)
  default: _exit(128 + number)
  }
  errno = code
}
