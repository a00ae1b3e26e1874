import PostgresClient
import SessionAudit

extension Failure {
  /// What a failed connection or query means to the person who reads the report. Whatever libpq
  /// or a server repeated of a password is masked.
  /// - Parameter target: what was to be reached: the ways in are said in its words, and a server that
  ///   nobody named gets a hint of its own. nil: in options alone.
  public init(_ error: PostgresError, reaching target: ResolvedTarget? = nil) {
    self.init(unmasked: error, reaching: target)
    message = Redaction.reported(message)
    if kind == .unreachable, let hint = target?.hintWhereUnreachable { hints = [hint] }
  }

  private init(unmasked error: PostgresError, reaching target: ResolvedTarget?) {
    // What is said through a pooler is not of where the target's words lead.
    let target = error.serverMessage?.sqlState == .protocolViolation ? nil : target
    switch error {
    case .notConnected(let message, _):
      let refusal = Refusal(error)
      self.init(
        kind: refusal.kind, sqlState: message.sqlState?.code,
        message: [message.message, message.detail].compactMap(\.self).joined(separator: "\n"),
        limit: refusal.limit, hints: Self.hints(for: refusal, message, reaching: target))
    case .noneConnected(let failures): self.init(refusals: failures, reaching: target)
    case .unusableParameter(let message):
      self.init(kind: .unknown, sqlState: nil, message: message)
    case .timedOut(.connecting, let granted):
      self.init(
        kind: .timeout, sqlState: nil,
        message: "no session within \(DurationText.brief(granted))", hints: Self.timeoutHints)
    case .timedOut(.connectingTo(let host), let granted):
      self.init(
        kind: .timeout, sqlState: nil,
        message: "no session on \(host) within \(DurationText.brief(granted))",
        hints: Self.timeoutHints)
    case .timedOut(.query(let query), let granted):
      self.init(
        kind: .timeout, sqlState: nil,
        message: "the server did not answer \(query) within \(DurationText.brief(granted))",
        hints: ["--timeout waits longer."])
    case .connectionLost(let message, let query):
      self.init(
        error, message, .lost, words: "the connection was lost during \(query)", reaching: target)
      if message.sqlState == .adminShutdown {
        hints = ["Somebody ended our session, or the server is shutting down."]
      }
    case .queryFailed(let message, let query):
      self.init(
        error, message, Self.kind(ofFailedQuery: message), words: "\(query) failed",
        reaching: target)
    case .unexpectedResult(let what, let query):
      self.init(
        kind: .unknown, sqlState: nil, message: "the answer to \(query) \(what)",
        hints: ["Is it a Postgres server of version 14 or later?"])
    case .interrupted:
      self.init(kind: .unknown, sqlState: nil, message: "interrupted")
    }
  }

  private static func kind(ofFailedQuery message: ServerMessage) -> Kind {
    switch message.sqlState {
    case .insufficientPrivilege: .permission
    case .queryCanceled: .timeout
    default: .query
    }
  }

  /// A failed statement.
  private init(
    _ error: PostgresError, _ message: ServerMessage, _ otherKind: Kind, words: String,
    reaching target: ResolvedTarget?
  ) {
    let refusal = Refusal(error)
    self.init(
      kind: refusal == .unknown ? otherKind : refusal.kind, sqlState: message.sqlState?.code,
      message: "\(words): \(message.message)", limit: refusal.limit,
      hints: Self.hints(for: refusal, message, reaching: target))
  }

  private static let timeoutHints = RefusalAdvice(.timeout, reaching: nil).lines

  private static func hints(
    for refusal: Refusal, _ message: ServerMessage, reaching target: ResolvedTarget?
  ) -> [String] {
    let hints = RefusalAdvice(refusal, besides: message.database, reaching: target).lines
    if hints.isEmpty { return [message.hint].compactMap { $0.map(Redaction.reported) } }
    // A pooler hands on what its server said under a code of its own: who gets in there is let in
    // there.
    guard message.sqlState == .protocolViolation, let limit = refusal.limit, limit.kind != .pooler
    else { return hints }
    return ["A pooler handed this on: connect to its server itself (its own host and port)."]
      + hints
  }

  /// One of several attempts each, in their order.
  private init(refusals failures: [PostgresError], reaching target: ResolvedTarget?) {
    let refusals = failures.map(Refusal.init)
    let first = Refusal.first(of: refusals)
    let state = failures[first].serverMessage?.sqlState
    // Each with its own state, as the failure has room for one only.
    var words: [String] = []
    for failure in failures.map({ Self.init(unmasked: $0, reaching: nil) }) {
      let said = failure.message + (failure.sqlState.map { " (SQLSTATE \($0))" } ?? "")
      if !words.contains(said) { words.append(said) }
    }
    self.init(
      kind: refusals[first].kind, sqlState: state?.code,
      message: words.joined(separator: "\n"), limit: refusals[first].limit,
      hints: RefusalAdvice.lines(
        for: refusals, reaching: state == .protocolViolation ? nil : target))
  }
}

extension Refusal {
  /// - Parameter error: of connecting, or of a statement; of several the one to act on counts.
  public init(_ error: PostgresError) {
    switch error {
    case .timedOut: self = .timeout
    case .notConnected(_, needsPassword: true): self = .noPassword
    case .notConnected(let message, needsPassword: false): self.init(message)
    // Through a pooler that has let us in, it is a statement that is refused.
    case .connectionLost(let message, _), .queryFailed(let message, _):
      self =
        message.sqlState == .protocolViolation
        ? RefusalWords.meaning(of: message) ?? .unknown : .unknown
    case .noneConnected(let failures):
      let refusals = failures.map(Refusal.init)
      self = refusals[Refusal.first(of: refusals)]
    case .unusableParameter, .unexpectedResult, .interrupted: self = .unknown
    }
  }

  private init(_ message: ServerMessage) {
    switch message.sqlState {
    case .tooManyConnections: self = Self.noSlot(message)
    case .invalidPassword: self = .wrongPassword
    case .invalidAuthorization:
      self =
        switch message.sourceFunction {
        case "InitializeSessionUserId": .roleMayNotLogIn
        case "ClientAuthentication": .notAdmitted
        default: .authentication
        }
    case .insufficientPrivilege:
      self =
        switch message.sourceFunction {
        case "CheckMyDatabase": .noConnectPrivilege
        case .some: .notPermitted
        case nil: RefusalWords.meaning(of: message) ?? .notPermitted
        }
    case .unknownDatabase: self = .noSuchDatabase
    // CheckMyDatabase: datallowconn; InitPostgres: datconnlimit is -2.
    case .notInPrerequisiteCondition:
      self =
        message.sourceFunction == "CheckMyDatabase"
        ? .databaseTakesNoConnections
        : RefusalWords.meaning(of: message) ?? .databaseIsInvalid
    case .cannotConnectNow:
      self =
        RefusalWords.meaning(of: message) == .standbyTakesNone
        ? .standbyTakesNone : .serverStartingOrStopping
    case .adminShutdown, .crashShutdown: self = .serverStartingOrStopping
    default: self = RefusalWords.meaning(of: message) ?? .unknown
    }
  }

  /// By the function that refused, which no translation changes; else by the words.
  private static func noSlot(_ message: ServerMessage) -> Refusal {
    switch message.sourceFunction {
    case "InitializeSessionUserId": return .noSlot(.role, name: message.user)
    case "CheckMyDatabase": return .noSlot(.database, name: message.database)
    // One such refusal up to 15, two from 16 on, which name this role or the attribute SUPERUSER in
    // every language.
    case "InitPostgres":
      let isForAll = message.words.contains("pg_use_reserved_connections")
      return .noSlot(isForAll ? .reserved : .superuserReserved, name: nil)
    // InitProcess; ProcessStartupPacket or BackendInitialize, where there are too many processes.
    case .some: return .noSlot(.server, name: nil)
    // A server always tells its function; this is something before it, or like it.
    case nil:
      // So its words tell more: some poolers have but this state.
      if let said = RefusalWords.meaning(of: message),
        [.tooManyConnections, .authentication].contains(said.kind)
      {
        return said
      }
      return .noSlot(.pooler, name: nil)
    }
  }
}
