import SessionAudit

/// Reads a report of `pgsessions audit --json` back into what it was made of, to be judged anew.
public enum SavedReport {
  static let schema = "pgsessions/audit/1"
  /// As many as are taken from a server.
  static let mostSessions = 300_000

  /// The snapshot behind a report. Its verdicts are not taken over, its ages not needed. Keys that
  /// are not known are passed over, and those that are missing are null, so that a person can write
  /// a short report by hand: it takes `schema`, `captured_at`, and `sessions` with a `pid` each.
  public static func read(_ bytes: [UInt8]) throws(InputFileError) -> Snapshot {
    try read(JSONField(try JSONText.parse(bytes)))
  }

  static func read(_ report: JSONField) throws(InputFileError) -> Snapshot {
    try checkSchema(report["schema"])
    guard try report["failure"].isNull else {
      throw report.error("is a refused report: there is nothing to judge")
    }
    let list = try report["sessions"]
    guard let rows = try list.elements() else {
      throw list.error("is missing: the report was written with --summary")
    }
    guard rows.count <= mostSessions else {
      throw list.error("lists more than \(mostSessions) sessions")
    }

    var reader = Reader()
    let target = try reader.target(report["target"])
    let capturedAt = try report["captured_at"].requiredTime()
    for row in rows { try reader.add(row) }
    var snapshot = Snapshot(
      capturedAt: capturedAt, target: target, server: try reader.server(report["slots"]),
      role: try reader.role(report, user: target.user), sessions: reader.sessions)
    snapshot.unlistedBackground =
      try report["totals"]["background"].int(in: 0...mostSessions) ?? 0
    let blocking = try blockers(report["blocking"])
    if blocking != nil || !reader.holdings.isEmpty {
      snapshot.details = Details(holdings: reader.holdings, blocking: blocking)
      snapshot.details?.unknown = reader.unknown
    }
    return snapshot
  }

  static func checkSchema(_ field: JSONField) throws(InputFileError) {
    let found = try field.requiredString()
    if found == schema { return }
    // Nothing but the forms that we write ourselves is worth repeating, or safe to.
    let parts = found.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "pgsessions", (1...9).contains(parts[2].utf8.count),
      parts[2].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { throw field.error("is not \(schema), which this version reads") }
    switch parts[1] {
    case "audit": throw field.error("is \(found); this version reads \(schema)")
    case "termination": throw field.error("is \(found): that is no audit, and only one is read")
    case "fleet":
      throw field.error(
        found == fleetSchema
          ? "is \(found) within another" : "is \(found); this version reads \(fleetSchema)")
    default: throw field.error("is not \(schema), which this version reads")
    }
  }

  private static func blockers(_ field: JSONField) throws(InputFileError) -> [Blocker]? {
    guard let elements = try field.elements() else { return nil }
    return try elements.map { blocker throws(InputFileError) in
      Blocker(
        // 0 is a prepared transaction.
        pid: try blocker["pid"].requiredInt(in: 0...Int32.max),
        waiters: try blocker["waiters"].requiredInt(in: 0...mostSessions),
        heldSince: try blocker["held_since"].time(),
        applicationName: try blocker["application_name"].string())
    }
  }
}
