import Synchronization
import TestOracle
import TestStress

/// Whose a session is in truth, and what became of it.
struct TrueSession: Sendable {
  enum Fate: Sendable {
    case used
    /// Its client closes it.
    case closed
    /// Its host was lost, at this moment in seconds since 1970 or a little later.
    case left(Double)
  }

  let application: Application
  let name: String
  let address: String
  /// Seconds since 1970.
  let opened: Double
  var fate = Fate.used

  var leftAt: Double? { if case .left(let moment) = fate { moment } else { nil } }
}

/// What all clients together have to tell.
final class SoakLedger: Sendable {
  struct Entries: Sendable {
    var sessions: [SessionKey: TrueSession] = [:]
    var queries = 0
    /// Living sessions of which a client noticed that they were ended.
    var lost: [String] = []
    /// Clients that got no slot.
    var refusals = 0
    /// What went wrong otherwise.
    var troubles: [String] = []
  }
  private let state = Mutex(Entries())

  var entries: Entries { state.withLock { $0 } }

  func opened(_ key: SessionKey, _ session: TrueSession) {
    state.withLock { $0.sessions[key] = session }
  }
  func set(_ fate: TrueSession.Fate, of keys: [SessionKey]) {
    state.withLock { state in for key in keys { state.sessions[key]?.fate = fate } }
  }
  func queried() { state.withLock { $0.queries += 1 } }
  func lost(_ story: String) { state.withLock { $0.lost.append(story) } }
  func refused() { state.withLock { $0.refusals += 1 } }
  func trouble(_ words: String) { state.withLock { $0.troubles.append(words) } }
}
