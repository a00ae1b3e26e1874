import OperatingSystem
import PostgresClient
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A closure that runs on a thread of its own, for what blocks while a test goes on.
public final class Background<Value: Sendable>: Sendable {
  private let outcome = Mutex<Result<Value, any Error>?>(nil)

  public init(_ body: @escaping @Sendable () throws -> Value) {
    startThread { self.finish(Result { try body() }) }
  }

  private func finish(_ result: Result<Value, any Error>) { outcome.withLock { $0 = result } }

  public var isDone: Bool { outcome.withLock { $0 != nil } }

  /// Waits for its end: the value, or the error that it threw.
  public func value(timeout: Duration = .seconds(60)) throws -> Value {
    let deadline = Deadline(after: timeout)
    while true {
      if let result = outcome.withLock({ $0 }) { return try result.get() }
      if deadline.hasPassed {
        throw SupportError("a thread did not end within \(seconds(timeout)) s")
      }
      usleep(1_000)
    }
  }
}

/// Starts a thread that nobody joins.
public func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let work = Unmanaged.passRetained(Work(body))
  #if canImport(Darwin)
    var thread: pthread_t?
    let status = pthread_create(&thread, nil, { run($0) }, work.toOpaque())
    if let thread { pthread_detach(thread) }
  #else
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, { run($0!) }, work.toOpaque())
    if status == 0 { pthread_detach(thread) }
  #endif
  precondition(status == 0, "no thread could be started")

  func run(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
    return nil
  }
}
