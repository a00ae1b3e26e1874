import SessionAudit

/// What tells one target from others.
extension Wording {
  /// `app@shop on db.example port 5432`, as far as it is known; what tells it from other targets where
  /// that does not.
  package static func title(of target: Target) -> String {
    if let name = target.name { return name }
    let name = [target.user, target.database].compactMap { $0 }.joined(separator: "@")
    let host = target.host.map { $0.hasPrefix("/") ? "socket \($0)" : $0 }
    let place = [host, target.port.map { "port \($0)" }].compactMap { $0 }.joined(separator: " ")
    let title = [name, place].filter { !$0.isEmpty }.joined(separator: " on ")
    return title.isEmpty ? "the default server" : title
  }

  /// `app@shop`
  static func name(of target: Target) -> String {
    "\(target.user ?? "?")@\(target.database ?? "?")"
  }

  /// `db.example port 5432`
  static func place(of target: Target) -> String {
    let host = target.host.map { $0.hasPrefix("/") ? "socket \($0)" : $0 } ?? "the default host"
    return "\(host) port \(target.port ?? "?")"
  }

  /// `PostgreSQL 17.11, standby`
  static func version(of target: Target) -> String {
    "PostgreSQL \(target.serverVersion?.prefix { $0 != " " } ?? "?")"
      + (target.inRecovery == true ? ", standby" : "")
      + (target.pooled == true ? ", through a pooler" : "")
  }
}
