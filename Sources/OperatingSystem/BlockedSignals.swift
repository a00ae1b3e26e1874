#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The signals that end the program, held back from a thread, and those that it starts, for as long as
/// that must not be.
package struct BlockedSignals {
  private static let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
  private let before: sigset_t

  package static func holdBack() -> BlockedSignals {
    var (ending, before) = (sigset_t(), sigset_t())
    sigemptyset(&ending)
    for signal in all { sigaddset(&ending, signal) }
    pthread_sigmask(SIG_BLOCK, &ending, &before)
    return BlockedSignals(before: before)
  }

  package func letThrough() {
    var before = before
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  /// Whether one that is held back has arrived.
  package static var arePending: Bool {
    var pending = sigset_t()
    guard sigpending(&pending) == 0 else { return false }
    return all.contains { sigismember(&pending, $0) == 1 }
  }
}
