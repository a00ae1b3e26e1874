import Synchronization

/// A data folder as initdb makes it, made once for each installation in a process: copying it
/// takes a tenth of the time.
enum ServerTemplate {
  private static let made = Mutex<[String: Template]>([:])

  /// Lives as long as the process; its guardian removes the folder then.
  private final class Template: @unchecked Sendable {
    let guardian: Guardian
    init(guardian: Guardian) { self.guardian = guardian }
    var folder: String { "\(guardian.folder)/data" }
  }

  static func copy(
    into folder: String, installation: PostgresInstallation, account: ServerAccount
  ) throws {
    let template = try made.withLock { made in
      if let template = made[installation.bin] { return template }
      let template = Template(guardian: try Guardian(account: account))
      try account.run(
        [
          installation.initdb, "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8",
          "--locale=C", "-D", template.folder,
        ], in: template.guardian.folder)
      made[installation.bin] = template
      return template
    }
    try account.run(["cp", "-a", template.folder, folder], in: template.guardian.folder)
  }
}
