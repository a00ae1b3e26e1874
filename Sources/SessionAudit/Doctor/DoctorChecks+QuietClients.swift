/// Connections that stay open unused, of which nothing on the server lets go.
extension DoctorChecks {
  /// nil where there are none such, or something ends them.
  var quietClients: Finding? {
    let untimed = places.filter { duration(.idleSessionTimeout, $0) == .zero }
    let quiet = audit.quietApplications.compactMap { application in
      untimed.first { place in
        place.role.id == application.roleID && place.databaseID == application.databaseID
      }.map { (application, $0) }
    }
    guard !quiet.isEmpty else { return nil }
    let stale = audit.judgedWith.staleAfter
    let who = quiet.map { "\($0.0.count)\($0.0.place)" }
    let longest = quiet.map(\.0.longest).max() ?? .zero
    let theirs = untimed.filter { place in
      quiet.contains { $0.1.role.id == place.role.id && $0.1.databaseID == place.databaseID }
    }
    return Finding(
      "idle_session_timeout",
      audit.slots.binding.usedRatio >= Slots.notableRatio ? .warning : .info,
      "\(Wording.few(who)) have asked nothing for \(DurationText.exact(stale)) or longer, the "
        + "longest for \(DurationText.brief(longest)), and nothing ends them (idle_session_timeout "
        + "is 0\(of(theirs))).",
      consequence:
        "Each holds a slot. They may be a pool larger than its traffic, clients that vanished, or "
        + "clients that are frozen, as on a serverless platform: those are alive, ask nothing until "
        + "they thaw, and may never do so.",
      remedies: [
        Remedy(settings: [
          "serverless: close the connection at the end of the handler, or connect through a pooler "
            + "(RDS Proxy, PgBouncer)",
          "pools: a smaller one, or one that lets go of what is idle",
        ])
      ]
        + remedies(
          [(.idleSessionTimeout, SettingName.text(stale))], at: theirs, byRole: true,
          caution:
            "It closes what a pool keeps open on purpose, and quiet listeners (LISTEN): the next use "
            + "fails, unless the client looks first or has let go before. Choose a time a little above "
            + "the longest pause after which clients come back."))
  }
}
