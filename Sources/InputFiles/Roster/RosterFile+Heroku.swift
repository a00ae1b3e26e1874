import SessionAudit

extension RosterFile {
  /// Dynos. They have no addresses: their sessions are known by name.
  static func heroku(_ json: JSONField) throws(InputFileError) -> Roster {
    Roster(format: .heroku, entries: try json.requiredElements().map(dyno))
  }

  private static func dyno(_ json: JSONField) throws(InputFileError) -> Roster.Entry {
    // `updated_at` is later: a dyno that is starting has its first connections already.
    var startedAt = try json["created_at"].time()
    let state = try json["state"].requiredString()
    // While the new dyno starts, the old one of its name may still serve.
    if state == "starting" { startedAt = nil }
    return Roster.Entry(
      name: try json["name"].applicationName(), networks: [],
      // States that are not known to be an end are taken for life.
      isAlive: state != "crashed" && state != "down", startedAt: startedAt)
  }
}
