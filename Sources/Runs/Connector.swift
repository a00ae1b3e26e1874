import OperatingSystem
import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

/// How to connect, as options and environment say; the same for each of several targets.
package struct Connector: Sendable {
  /// Of a target's whole run.
  package var timeout: Duration
  /// A target's own goes before all but an option.
  var connectTimeout: Setting<Duration>
  var waitForSlot: Duration?
  var asksPasswords: Bool
  /// Nobody is there to be told what is waited for.
  var isQuiet = false
  var environment: [String: String]

  package init(
    timeout: Duration, connectTimeout: Setting<Duration>, waitForSlot: Duration?,
    asksPasswords: Bool, isQuiet: Bool = false, environment: [String: String]
  ) {
    (self.timeout, self.connectTimeout, self.waitForSlot) = (timeout, connectTimeout, waitForSlot)
    (self.asksPasswords, self.isQuiet, self.environment) = (asksPasswords, isQuiet, environment)
  }

  /// Connects, asking for a missing password where somebody is there to be asked.
  /// - Parameter interruption: ends it early.
  /// - Returns: the connection, and the deadline that now holds: the time that a person took to
  ///   type is not the server's.
  func connect(
    _ target: ResolvedTarget, deadline: Deadline, interruption: Interruption? = nil
  ) throws(PostgresError) -> (connection: Connection, deadline: Deadline) {
    // Keeps a password that somebody has typed.
    var target = target
    guard let waitForSlot else {
      var typing = Duration.zero
      return try connectOnce(
        &target, &typing, deadline: deadline, interruption: interruption)
    }
    return try SlotRetry(
      limit: waitForSlot, name: target.name, neighbours: target.neighbours,
      isQuiet: isQuiet, interruption: interruption
    ).first {
      (isRetry, typing) throws(PostgresError) in
      let session = try connectOnce(
        &target, &typing,
        deadline: isRetry ? Deadline(after: timeout) : deadline, interruption: interruption)
      // A pooler takes clients in before it has a server connection for them.
      try session.connection.proveSession(deadline: session.deadline)
      return session
    }
  }

  /// One attempt; see `connect`.
  /// - Parameter typing: grows by the time that a person took to type.
  private func connectOnce(
    _ target: inout ResolvedTarget, _ typing: inout Duration, deadline: Deadline,
    interruption: Interruption?
  ) throws(PostgresError) -> (connection: Connection, deadline: Deadline) {
    let parameters = target.parameters
    let limit = connectLimit(parameters)
    do throws(PostgresError) {
      return (
        try Connection.open(
          parameters, deadline: deadline, hostTimeout: limit, interruption: interruption),
        deadline
      )
    } catch  where error.needsPassword && asksPasswords {
      let whose = target.name ?? parameters["user"]
      let question = "Password\(whose.map { " for \(HostileText.escaped($0))" } ?? ""): "
      let start = ContinuousClock.now
      guard
        let password =
          Terminal.ask(question, hidingAnswer: true, interruption: interruption)
      else {
        throw error
      }
      typing += start.duration(to: .now)
      target.parameters["password"] = password
      let deadline = Deadline(after: timeout)
      return (
        try Connection.open(
          target.parameters, deadline: deadline, hostTimeout: limit, interruption: interruption),
        deadline
      )
    }
  }

  /// libpq's own connect_timeout counts only in its blocking calls, so it is kept here.
  private func connectLimit(_ parameters: ConnectionParameters) -> Duration {
    let own = parameters["connect_timeout"].flatMap(Self.connectLimit)
    return connectTimeout.source == .option ? connectTimeout.value : own ?? connectTimeout.value
  }

  /// What libpq's connect_timeout means.
  package static func connectLimit(_ text: String) -> Duration? {
    // 0 and below mean "for ever" to libpq; --timeout still holds.
    Int(text).map { $0 > 0 ? .seconds($0) : .seconds(100_000_000) }
  }
}
