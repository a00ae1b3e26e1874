import Dispatch
import Synchronization
import TestSupport
import Testing

/// Runs the tests of a suite on threads of their own. They wait for processes and clocks most of the
/// time, and would keep the few threads that all other tests share from them.
public struct SideBySide: SuiteTrait, TestTrait, TestScoping {
  public let isRecursive = true

  public func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(Threads.shared) { try await function() }
  }
}

extension Trait where Self == SideBySide {
  public static var sideBySide: SideBySide { SideBySide() }
}

/// More than cores, since the tests mostly wait, but few: the processes that they wait for need the
/// cores.
private final class Threads: TaskExecutor {
  static let shared = Threads(count: 6)

  private let jobs = Mutex<[UnownedJob]>([])
  private let available = DispatchSemaphore(value: 0)

  private init(count: Int) {
    for _ in 0..<count {
      startThread { [self] in
        while true { runNext() }
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    available.signal()
  }

  private func runNext() {
    available.wait()
    let job = jobs.withLock { $0.removeFirst() }
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
