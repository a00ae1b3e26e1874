import Rendering
import TestRandom
import TestSupport
import Testing

@testable import Commands
@testable import Runs

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Logs that processes write which share a file, are killed, or have no room.
struct LogProcessTests {
  private let folder = TemporaryFolder()

  @Test func letsProcessesShareAFile() throws {
    let path = folder.path("log")
    // None writes before the other is there.
    let lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(lock) }
    try #require(flock(lock, LOCK_EX) == 0)
    let writers = try (1...2).map { _ in
      try RunningProcess(try Build.executable("log-writer"), [path, "2000", "3000"])
    }
    for writer in writers { #expect(try writer.readLine() == "begins") }
    try #require(flock(lock, LOCK_UN) == 0)
    for writer in writers {
      let outcome = try writer.wait()
      #expect(outcome.status == 0, "\(outcome.stderr)")
    }
    let pids = try pids(path)
    #expect(pids.sorted() == (1...2000).flatMap { [$0, $0] })
    let turns = zip(pids, pids.dropFirst()).count { $0 + 1 != $1 }
    print("shared log: \(pids.count) whole lines of 2 processes, \(turns) turns")
    #expect(turns > 2, "they must have written at the same time")
  }

  @Test func staysWholeWhoeverIsKilled() throws {
    var random = Seeded(seed: 20_261_123)
    var (lines, torn) = (0, 0)
    for _ in 1...50 {
      let path = folder.path("log")
      unlink(path)
      let writer = try RunningProcess(
        try Build.executable("log-writer"), [path, "1000000", "150000"])
      #expect(try writer.readLine() == "begins")
      usleep(UInt32.random(in: 0...4000, using: &random))
      writer.signal(SIGKILL)
      #expect(try writer.wait().termination == .signalled(SIGKILL))

      let left = try folder.bytes("log")
      let whole = left.prefix((left.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
      if whole.count < left.count { torn += 1 }
      let before = try pids(Array(whole))
      #expect(before == Array(1...Int32(before.count + 1)).dropLast())
      try LogFile(path).append(line(0))
      #expect(try folder.bytes("log") == whole + line(0))
      lines += before.count
    }
    print("killed 50 times: \(lines) whole lines, \(torn) torn and cut off")
  }

  /// A limit on the size of files stands for a full disk: a write first goes half through.
  @Test func keepsNoHalfLineWhereThereIsNoRoom() throws {
    let path = folder.path("log")
    for size in [100, 3000, 100_000] {
      unlink(path)
      // Blocks of 512 bytes, or of 1024: neither is a multiple of a line.
      let outcome = try ChildProcess.run(
        "sh",
        ["-c", "ulimit -f 200; exec \"$0\" \"$@\"", try Build.executable("log-writer")]
          + [path, "1000000", String(size)])
      #expect(outcome.status == 74)
      #expect(outcome.stderr == "the log \(path) could not be written: File too large\n")
      let left = try pids(path)
      #expect(left == Array(1...Int32(left.count + 1)).dropLast())
      #expect(try folder.bytes("log").count > 200 * 512 - size - 500)
      try LogFile(path).append(line(0))
      #expect(try pids(path) == left + [0])
    }
  }

  #if os(Linux)
    @Test func failsOnAFullDevice() throws {
      let outcome = try run("/dev/full")
      #expect(outcome.status == 74)
      #expect(
        outcome.stderr == "the log /dev/full could not be written: No space left on device\n")
    }
  #endif

  @Test func goesToStandardOutput() throws {
    let plain = try run("-")
    #expect(plain.status == 0, "\(plain.stderr)")
    #expect(try pids(plain.stdoutBytes) == [1, 2, 3])
    let named = try run("/dev/stdout")
    #expect(named.status == 0 && named.stdout.hasPrefix("begins\n"), "\(named.stderr)")
    #expect(try pids(Array(named.stdoutBytes.dropFirst(7))) == [1, 2, 3])

    // A file of the shell's: others may share the descriptor, so that nothing of it is cut.
    try folder.write(JSONLog.opening, to: "file")
    let writer = try Build.executable("log-writer")
    let redirected = try ChildProcess.run(
      "sh", ["-c", "\"$0\" - 3 100 >> \"$1\"", writer, folder.path("file")])
    #expect(redirected.status == 0)
    #expect(try folder.read("file").hasPrefix(JSONLog.opening + JSONLog.opening))

    let left = try ChildProcess.run(
      "sh", ["-c", "{ \"$0\" - 9999 100; echo $? >&2; } | :", writer])
    #expect(left.stderr == "the log stdout could not be written: Broken pipe\n74\n")
  }

  @Test func saysThatStandardOutputIsClosed() throws {
    let outcome = try ChildProcess.run(
      "sh", ["-c", "\"$0\" - 3 100 >&-", try Build.executable("log-writer")])
    #expect(outcome.status == 73)
    #expect(outcome.stderr == "the log stdout can't be opened: Bad file descriptor\n")
  }

  private func run(_ path: String) throws -> ProcessOutcome {
    try ChildProcess.run(try Build.executable("log-writer"), [path, "3", "100"])
  }
}
