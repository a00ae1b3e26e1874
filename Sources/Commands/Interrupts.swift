import PostgresClient
import SessionAudit
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// SIGINT and SIGTERM while sessions may be ended. The first lets nothing more be signalled, and
/// what was is still watched and reported; the second ends that wait as well; the third ends the
/// process.
struct Interrupts: Sendable {
  /// Raised by the first signal.
  let first: Interruption
  /// Raised by the second.
  let second: Interruption

  /// Takes both signals from now on, for good. nil where the system has no descriptor left.
  static func install() -> Interrupts? {
    var ends: [Int32] = [-1, -1, -1, -1]
    let made = ends.withUnsafeMutableBufferPointer { ends in
      pipe(ends.baseAddress!) == 0 && pipe(ends.baseAddress! + 2) == 0
    }
    guard made else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // Written before the handler can run, and never after.
    writers = (ends[1], ends[3])
    signalCount.store(0, ordering: .sequentiallyConsistent)
    firstSignal.store(0, ordering: .sequentiallyConsistent)
    for number in [SIGINT, SIGTERM] { signal(number, handle) }
    return Interrupts(
      first: Interruption(descriptor: ends[0]), second: Interruption(descriptor: ends[2]))
  }

  /// What the first signal asks for; nil where none has come.
  var status: ExitStatus? {
    switch firstSignal.load(ordering: .sequentiallyConsistent) {
    case SIGINT: .interrupted
    case SIGTERM: .terminated
    default: nil
    }
  }
}

nonisolated(unsafe) private var writers: (first: Int32, second: Int32) = (-1, -1)
private let signalCount = Atomic<Int>(0)
private let firstSignal = Atomic<Int32>(0)

/// Runs in the middle of anything: atomics and write(2) alone.
private func handle(_ number: Int32) {
  let code = errno
  var byte: UInt8 = 1
  switch signalCount.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue {
  case 0:
    firstSignal.store(number, ordering: .sequentiallyConsistent)
    _ = write(writers.first, &byte, 1)
  case 1: _ = write(writers.second, &byte, 1)
  default: _exit(128 + number)
  }
  errno = code
}
