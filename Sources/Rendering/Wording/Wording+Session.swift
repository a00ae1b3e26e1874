import SessionAudit

/// One session.
extension Wording {
  static func client(of session: Session) -> String {
    session.clientAddress ?? (session.isOnUnixSocket ? "socket" : "?")
  }

  /// Why it is what it is, a sentence each.
  static func explanation(
    of judged: JudgedSession, at now: Timestamp, showsQuery: Bool
  ) -> [String] {
    judged.evidence.map { $0.sentence(about: judged.session, judged.times, at: now) }
      + protections(of: judged)
      + (showsQuery ? query(of: judged).map { ["Last query: \($0)"] } ?? [] : [])
  }

  static func protections(of judged: JudgedSession) -> [String] {
    notableProtections(of: judged).map { "Protected (\($0.kind.rawValue)): \($0.detail)." }
  }

  /// That a session at work is protected goes without saying.
  static func notableProtections(of judged: JudgedSession) -> [Protection] {
    judged.protections.filter { judged.verdict != .live || $0.kind == .ownSession }
  }

  /// The text of its last query; our own tells nobody anything.
  static func query(of judged: JudgedSession) -> String? {
    let isOwn = judged.protections.contains { $0.kind == .ownSession }
    return isOwn || judged.session.query?.isEmpty == true ? nil : judged.session.query
  }
}
