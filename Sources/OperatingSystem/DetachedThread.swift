#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Runs `body` on a thread of its own that nobody joins: for calls that may block beyond any
/// deadline (name resolution, a cancel request into the void), and for targets side by side. It gets no
/// signals: they are for the thread that knows what they end.
/// - Returns: false where the system has no thread for it.
package func detachThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  let work = Unmanaged.passRetained(Work(body))
  var (every, before) = (sigset_t(), sigset_t())
  sigfillset(&every)
  pthread_sigmask(SIG_SETMASK, &every, &before)
  #if canImport(Darwin)
    var thread: pthread_t?
    let status = pthread_create(&thread, &attributes, { run($0) }, work.toOpaque())
  #else
    var thread = pthread_t()
    let status = pthread_create(&thread, &attributes, { run($0!) }, work.toOpaque())
  #endif
  pthread_sigmask(SIG_SETMASK, &before, nil)
  if status != 0 { work.release() }
  return status == 0

  func run(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
    return nil
  }
}
