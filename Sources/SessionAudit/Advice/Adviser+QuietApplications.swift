/// What lets go of connections that stay open unused, without anybody having to tell who is alive.
extension Adviser {
  var quietApplications: [Advice] {
    let quiet = report.quietApplications.filter { application in
      let timeout = report.settings?.duration(
        .idleSessionTimeout, role: application.roleID, database: application.databaseID)
      return (timeout ?? .zero) == .zero
    }
    guard !quiet.isEmpty else { return [] }
    let stale = report.judgedWith.staleAfter
    let settings = report.settings ?? .unreadable
    var statements: [String] = []
    for application in quiet {
      statements += settings.alterRole(
        (application.roleID, application.role),
        in: (application.databaseID, application.database),
        // Somebody may look with a short threshold; a pool must not pay for it.
        [(.idleSessionTimeout, SettingName.text(max(stale, .seconds(3600))))]
      ).filter { !statements.contains($0) }
    }
    return [
      Advice(
        "quiet_applications", .info,
        "\(Wording.few(quiet.map { "\($0.count)\($0.place)" })) have asked nothing for "
          + "\(DurationText.exact(stale)) or longer. Frozen clients look like this too, as on a "
          + "serverless platform: they are alive, and may thaw. The server lets go of what stays open "
          + "unused, if idle_session_timeout is set a little above the longest pause after which "
          + "clients come back. It ends a pool's quiet connections and listeners as well: the next "
          + "use of one fails unless its client looks first. Holds for sessions that begin after it:",
        remedies: statements.prefix(3).map(Advice.Step.change))
    ]
  }
}
