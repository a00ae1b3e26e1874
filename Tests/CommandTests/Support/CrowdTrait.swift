import Synchronization
import TestSupport
import Testing

/// Gives a suite a server of its own for `Crowd`: started when a test first asks for it, and gone
/// when the suite is over. Of such suites only a few run at once.
struct CrowdTrait: SuiteTrait, TestScoping {
  @TaskLocal static var own: LazyServer?

  final class LazyServer: Sendable {
    private let made = Mutex<Result<ThrowawayServer, any Error>?>(nil)

    var server: Result<ThrowawayServer, any Error> {
      made.withLock { made in
        if let made { return made }
        let result = Result { () throws -> ThrowawayServer in
          let server = try ThrowawayServer(settings: ["max_connections": "450"])
          try Crowd.prepare(server)
          return server
        }
        made = result
        return result
      }
    }

    func remove() { made.withLock { try? $0?.get().remove() } }
  }

  func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    await Turns.shared.take()
    let own = LazyServer()
    let result: Result<Void, any Error>
    do {
      result = .success(try await Self.$own.withValue(own) { try await function() })
    } catch {
      result = .failure(error)
    }
    own.remove()
    await Turns.shared.giveBack()
    try result.get()
  }
}

extension Trait where Self == CrowdTrait {
  static var crowd: CrowdTrait { CrowdTrait() }
}

/// As many servers at once as two cores can serve.
private actor Turns {
  static let shared = Turns(4)

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  private init(_ free: Int) { self.free = free }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
