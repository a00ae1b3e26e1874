import OperatingSystem
import PostgresClient
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder with a small Debian of its own, where systemd runs as process 1 of a pid namespace. It has
/// the network of this system, and no right to change the clock, kernel or network.
final class CleanRoot {
  let folder: String
  private let boot: RunningProcess
  /// systemd.
  private let first: String
  private let cgroup: String

  /// - Parameter archive: what `scripts/fetch-root` made.
  init(archive: String) throws {
    folder = try Self.line("mktemp", ["-d", "/tmp/pgsessions-root.XXXXXX"])
    try Self.host("tar", ["-C", folder, "--numeric-owner", "-xf", archive])
    try Self.host("chmod", ["755", folder])
    let cgroups = try Self.line("findmnt", ["-n", "--first-only", "-t", "cgroup2", "-o", "TARGET"])
    cgroup = "\(cgroups)/\(folder.dropFirst("/tmp/".count))"
    boot = try RunningProcess("sh", ["-ec", Self.unsharing, "sh", folder, cgroup, Self.booting])
    first = try Self.child(of: boot)
    let deadline = Deadline(after: .seconds(30))
    var state = ""
    // Not "running" where a unit of Debian's own lacks something here.
    while !["running\n", "degraded\n"].contains(state) {
      guard !deadline.hasPassed else {
        boot.signal(SIGKILL)
        throw SupportError("systemd did not come up: \(state)\(try boot.wait().stderr)")
      }
      usleep(100_000)
      let asked = try run("systemctl", ["is-system-running"])
      state = asked.stdout.isEmpty ? asked.stderr : asked.stdout
    }
  }

  deinit {
    boot.signal(SIGKILL)
    _ = try? boot.wait()
    // A process that was killed stays in its group for a moment.
    let end = """
      for i in $(seq 50); do
        find "$1" -depth -type d -exec rmdir {} + && break
        sleep 0.1
      done 2>/dev/null
      rm -rf --one-file-system "$2"
      """
    _ = try? Self.host("sh", ["-c", end, "sh", cgroup, folder])
  }

  /// Everything ends with us, in whatever way we end.
  private static let unsharing = #"""
    mkdir "$2"
    echo $$ >"$2/cgroup.procs"
    exec setpriv --pdeathsig KILL unshare --mount --pid --ipc --uts --cgroup --fork --kill-child \
      sh -ec "$3" sh "$1"
    """#

  private static let booting = #"""
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    mount --bind "$1/proc/sys" "$1/proc/sys"
    mount -o remount,bind,ro "$1/proc/sys"
    mount -t sysfs -o ro sysfs "$1/sys"
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
    for name in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$1/$name"; done
    chmod 1777 "$1/tmp"
    for name in null zero full random urandom tty; do cp -a "/dev/$name" "$1/dev"; done
    mkdir "$1/dev/pts"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
    ln -s pts/ptmx "$1/dev/ptmx"
    ln -s /proc/self/fd "$1/dev/fd"
    # A chroot would not do: systemd makes mount namespaces from the root of this one.
    cd "$1"
    pivot_root . mnt
    umount -l /mnt
    exec env -i container=pgsessions PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      setpriv --bounding-set=-sys_module,-sys_rawio,-sys_time,-sys_boot,-syslog,-net_admin \
      /lib/systemd/systemd --unit=basic.target
    """#

  /// The first process of the namespace; what the shell started before is not.
  private static func child(of process: RunningProcess) throws -> String {
    let deadline = Deadline(after: .seconds(20))
    while !deadline.hasPassed {
      let name = try line("cat", ["/proc/\(process.pid)/comm"])
      let children = try line("cat", ["/proc/\(process.pid)/task/\(process.pid)/children"])
      if name == "unshare", let first = children.split(separator: " ").first {
        return String(first)
      }
      usleep(20_000)
    }
    throw SupportError("nothing runs in the root: \(try process.wait(timeout: .seconds(1)))")
  }

  /// Runs a program of the root in it.
  func run(_ program: String, _ arguments: [String]) throws -> ProcessOutcome {
    try enter(["nsenter", "--target", first, "--all", "--root", "--wd=/", program] + arguments)
  }

  /// Runs it in the same folder, outside of the namespaces: nothing is mounted there.
  func runWithoutProc(_ program: String, _ arguments: [String]) throws -> ProcessOutcome {
    try enter(["chroot", folder, program] + arguments)
  }

  private func enter(_ command: [String]) throws -> ProcessOutcome {
    try ChildProcess.run(
      command[0], Array(command.dropFirst()),
      environment: [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
        "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", "MANWIDTH": "80",
      ])
  }

  /// Copies a file or folder of this system into it.
  func copy(_ path: String, to place: String) throws {
    try Self.host("cp", ["-r", path, folder + place])
  }

  /// Makes a file in it, and the folders that lead there.
  func write(_ text: String, to place: String) throws {
    try Self.host(
      "sh",
      ["-c", #"mkdir -p "$(dirname "$1")" && printf %s "$2" >"$1""#, "sh", folder + place, text])
  }

  /// All paths in it, but those in which dpkg and man-db keep their own books.
  func paths() throws -> Set<String> {
    let books = ["./var/lib/dpkg/*", "./var/log/dpkg.log", "./var/cache/*"].flatMap {
      ["!", "-path", $0]
    }
    let found = try Self.host(
      "sh", ["-c", #"cd "$1" && shift && find . "$@""#, "sh", folder] + books)
    return Set(found.split(separator: "\n").map { String($0.dropFirst()) })
  }

  /// Runs a program of this system, which must not fail.
  @discardableResult
  static func host(_ program: String, _ arguments: [String]) throws -> String {
    let outcome = try ChildProcess.run(program, arguments)
    guard outcome.status == 0 else {
      throw SupportError("\(program) \(arguments) failed: \(outcome.stderr)\(outcome.stdout)")
    }
    return outcome.stdout
  }

  private static func line(_ program: String, _ arguments: [String]) throws -> String {
    try host(program, arguments).split(separator: "\n").first.map(String.init) ?? ""
  }
}
