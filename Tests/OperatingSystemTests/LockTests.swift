import TestSupport
import Testing

@testable import OperatingSystem

struct LockTests {
  @Test func letsOneThreadInAtATime() throws {
    let sum = Lock(0)
    let threads = (0..<4).map { _ in
      Background { for _ in 0..<10_000 { sum.withLock { $0 += 1 } } }
    }
    for thread in threads { try thread.value() }
    #expect(sum.withLock { $0 } == 40_000)
  }

  @Test func doesNotWaitWhereItIsAskedNotTo() throws {
    let lock = Lock(1)
    #expect(lock.withLockIfAvailable { $0 } == 1)
    let refused = try lock.withLock { _ in
      try Background { lock.withLockIfAvailable { $0 } == nil }.value()
    }
    #expect(refused)
    #expect(lock.withLockIfAvailable { $0 } == 1)
  }

  @Test func isFreeAfterAnError() {
    struct Problem: Error {}
    let lock = Lock("before")
    #expect(throws: Problem.self) {
      try lock.withLock { value throws(Problem) in
        value = "after"
        throw Problem()
      }
    }
    #expect(lock.withLock { $0 } == "after")
  }
}
