#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Who runs the servers: this user, or, as Postgres refuses to run as root, an ordinary one.
struct ServerAccount {
  let user: uid_t
  let group: gid_t
  /// What stands before a command so that it runs as this user; empty when it does anyway.
  let prefix: [String]

  static let current: Result<ServerAccount, SupportError> = {
    guard geteuid() == 0 else {
      return .success(ServerAccount(user: geteuid(), group: getegid(), prefix: []))
    }
    guard let setpriv = try? ChildProcess.find("setpriv") else {
      return .failure(
        SupportError("Running as root needs setpriv (package util-linux) to start a server."))
    }
    for name in ["postgres", "nobody"] {
      guard let entry = getpwnam(name) else { continue }
      let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
      return .success(
        ServerAccount(
          user: user, group: group,
          prefix: [setpriv, "--reuid=\(user)", "--regid=\(group)", "--clear-groups"]))
    }
    return .failure(SupportError("There is no user postgres or nobody to run a server as."))
  }()

  /// Runs a command as this user, in a folder that it may enter.
  func run(_ command: [String], in folder: String) throws {
    let outcome = try ChildProcess.run(
      "/bin/sh", ["-c", #"cd "$1" && shift && exec "$@""#, "sh", folder] + prefix + command,
      environment: Self.environment)
    guard outcome.status == 0 else {
      throw SupportError(
        "\(command[0]) failed with status \(outcome.status): "
          + (outcome.stderr + outcome.stdout).suffix(2000))
    }
  }

  /// What a server's programs need, and nothing that could change how they behave.
  static var environment: [String: String] {
    ["PATH": currentEnvironment()["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"]
  }
}
