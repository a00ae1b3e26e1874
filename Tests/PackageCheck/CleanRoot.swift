import TestSupport

/// A folder with a small Debian of its own, in which commands run as root. What is mounted in it is so
/// for one command alone.
final class CleanRoot {
  let folder: String

  /// - Parameter archive: what `scripts/fetch-root` made.
  init(archive: String) throws {
    folder = try Self.host("mktemp", ["-d", "/tmp/pgsessions-root.XXXXXX"])
      .trimmingCharacters { $0 == "\n" }
    try Self.host("tar", ["-C", folder, "--numeric-owner", "-xf", archive])
    try Self.host("chmod", ["755", folder])
  }

  deinit { _ = try? Self.host("rm", ["-rf", "--one-file-system", folder]) }

  /// Runs a program of the root in it.
  func run(_ program: String, _ arguments: [String], withProc: Bool = true) throws -> ProcessOutcome
  {
    let mounting = #"mount -t proc proc "$1/proc" && exec chroot "$@""#
    return try ChildProcess.run(
      "unshare",
      ["--mount"] + (withProc ? ["sh", "-c", mounting, "sh"] : ["chroot"]) + [folder, program]
        + arguments,
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
}

extension String {
  fileprivate func trimmingCharacters(_ isTrimmed: (Character) -> Bool) -> String {
    var rest = self[...]
    while let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return String(rest)
  }
}
