import PostgresClient

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Owns a folder, and a server in it, for a process that may die at any moment. It is a shell
/// whose standard input is a pipe that only this process holds open: however this process ends,
/// SIGKILL included, the shell reads the end of the pipe, stops the server and removes the folder.
final class Guardian {
  let folder: String
  private let shell: RunningProcess

  /// Waits for commands: `start` runs the server until it exits, which ends with a line
  /// `exited STATUS`. At the end of standard input all is cleaned up.
  private static let script = #"""
    folder=$1
    shift
    trap '' PIPE        # the reader of these lines may be dead
    cd "$folder" || exit
    exec 3<&0           # a background job has /dev/null as its standard input
    echo guarding
    while read -r command <&3 && [ "$command" = start ]; do
      "$@" 3<&- </dev/null >>log 2>&1 &
      server=$!
      echo "$server"
      (
        read -r command <&3
        kill -INT "$server"
        tenths=0
        while [ $tenths -lt 80 ]; do sleep 0.1; tenths=$((tenths + 1)); done
        kill -QUIT "$server"
        sleep 5
        kill -KILL "$server"
      ) >/dev/null 2>&1 &
      watcher=$!
      wait "$server"
      status=$?
      kill "$watcher" 2>/dev/null
      wait "$watcher" 2>/dev/null
      echo "exited $status" 2>/dev/null
    done
    cd /
    rm -rf "$folder"
    """#

  /// Makes a folder that belongs to the account.
  /// - Parameter server: the command that `start` runs in it, as the account.
  init(account: ServerAccount, server: (_ folder: String) -> [String] = { _ in [] }) throws {
    // Not in TMPDIR, which may be too long a path for a unix socket.
    var template = Array("/tmp/pgs-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw SupportError("no folder could be made in /tmp: errno \(errno)")
    }
    folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    // A session of its own: Ctrl-C in the terminal must reach us, not the server.
    shell = try RunningProcess(
      "/bin/sh", ["-c", Self.script, "sh", folder] + server(folder),
      environment: ServerAccount.environment, newSession: true)
    shell.isKilledOnTimeout = false
    guard chown(folder, account.user, account.group) == 0 else {
      throw SupportError("\(folder) can't be given to user \(account.user): errno \(errno)")
    }
    guard try shell.readLine() == "guarding" else {
      throw SupportError("the guardian of \(folder) did not start: \(shell.stderrSoFar)")
    }
  }

  deinit { end() }

  /// Starts the server.
  /// - Returns: its process id.
  func start() throws -> pid_t {
    try shell.write("start\n")
    guard let line = try shell.readLine(), let pid = pid_t(line) else {
      throw SupportError("the server in \(folder) was not started: \(shell.stderrSoFar)")
    }
    return pid
  }

  /// Waits until the server has exited.
  func waitForExit(timeout: Duration) throws {
    guard let line = try shell.readLine(timeout: timeout), line.hasPrefix("exited") else {
      throw SupportError("the guardian of \(folder) is gone")
    }
  }

  /// Stops the server if it runs, removes the folder, and returns when both are gone.
  func end() {
    shell.closeInput()
    _ = try? shell.wait(timeout: .seconds(30))
  }
}
