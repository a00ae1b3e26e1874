#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A pid namespace of a server's own, in which the lowest free pid is always the next one, so that
/// the pid of a session that left soon is another's. Linux alone has such, for root or where users
/// may make namespaces.
public enum PidNamespace {
  /// Why there can be none here, nil where there can.
  public static var obstacle: String? {
    if case .failure(let error) = maker { error.description } else { nil }
  }

  /// Stands before the server's command, account and all. It is not the server's first process but
  /// the parent of that, outside of the namespace: what it is told by signals it passes on, and
  /// when it dies in whatever way, the server's first process and with it all others are killed.
  static func prefix(_ account: ServerAccount) throws -> [String] {
    // A shell's background jobs begin with INT and QUIT ignored, which a shell can't undo.
    ["env", "--default-signal=INT,QUIT"] + (try maker.get())
      + ["/bin/sh", "-c", script, "sh"] + account.prefix
      // After the account has changed, which would clear it.
      + ["setpriv", "--pdeathsig", "KILL"]
  }

  /// The first child of a process that has unshared its pids is number 1 of the new namespace.
  /// The kernel counts on from ns_last_pid, up to the end of its range; set back all the time, the
  /// numbers begin with the lowest free one.
  private static let script = #"""
    "$@" &
    server=$!
    for signal in INT TERM QUIT HUP; do trap "kill -$signal $server" $signal; done
    while sleep 0.05; do echo 300 >/proc/sys/kernel/ns_last_pid || exit; done &
    wait "$server"
    status=$?
    while kill -0 "$server" 2>/dev/null; do   # it was a signal that ended the wait
      wait "$server"
      status=$?
    done
    exit "$status"
    """#

  /// The command that makes a namespace for the children of what it runs.
  private static let maker = Result { () throws(SupportError) -> [String] in
    #if os(Linux)
      // An ordinary user keeps within a namespace of his own the right to set ns_last_pid.
      let command =
        geteuid() == 0
        ? ["unshare", "--pid"]
        : ["unshare", "--user", "--map-current-user", "--keep-caps", "--pid"]
      let probe = "echo 300 >/proc/sys/kernel/ns_last_pid && /bin/sh -c 'echo $$'"
      let needed = ["env", "--default-signal=INT", "setpriv", "--pdeathsig", "KILL"]
      do {
        let outcome = try ChildProcess.run(
          needed[0], Array(needed.dropFirst()) + command + ["--fork", "/bin/sh", "-c", probe])
        let pid = outcome.stdout.split(separator: "\n").first.flatMap { Int($0) }
        guard outcome.status == 0, let pid, (300..<400).contains(pid) else {
          throw SupportError(
            "\(command.joined(separator: " ")) has ended with status \(outcome.status): "
              + (outcome.stderr + outcome.stdout).split(separator: "\n").joined(separator: "; "))
        }
      } catch {
        throw SupportError("no pid namespace can be made: \(error)")
      }
      return command
    #else
      throw SupportError("there are no pid namespaces on this system")
    #endif
  }
}
