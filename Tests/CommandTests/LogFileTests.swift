import Rendering
import SessionAudit
import TestSupport
import Testing

@testable import Commands
@testable import Runs

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a log can be opened, what it finds there and leaves there.
struct LogFileTests {
  private let folder = TemporaryFolder()

  @Test func isCreatedForItsOwnerAndGroup() throws {
    let path = folder.path("log")
    let log = try LogFile(path)
    try log.append(line(1))
    try log.append(.outcome(outcome(2)), run: "1")
    try log.finish()
    #expect(try pids(path) == [1, 2])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 & ~0o040 == 0o600)
  }

  @Test func isAppendedTo() throws {
    let (path, link) = (folder.path("log"), folder.path("link"))
    try folder.write(String(decoding: line(1), as: UTF8.self), to: "log")
    try #require(symlink(path, link) == 0)
    for number in 2...3 as ClosedRange<Int32> { try LogFile(link).append(line(number)) }
    #expect(try pids(path) == [1, 2, 3])
  }

  @Test(arguments: [
    // A killed run's line, from its first byte to its last but one.
    ("{\"schema\":\"pgsessions/log/1\",\"event\":\"intent\",\"pid\":4", ""),
    ("{\"schema\":\"pgsessions/log/1\"", ""), ("{\"schema\":\"pgsess", ""), ("{", ""),
    (JSONLog.opening + String(repeating: "x", count: 200_000), ""),
    // What somebody else wrote.
    ("a note", "a note\n"), ("{\"schema\":\"pgsessions/audit/1\"}", nil),
    (" {\"schema\":\"pgsessions/log/1\"", nil), ("{\"schema\":\"pgsessions/log/10\"", nil),
    (String(repeating: "x", count: 200_000), nil),
  ])
  func endsALineThatHasNoEnd(torn: String, becomes: String?) throws {
    let path = folder.path("log")
    let whole = String(decoding: line(1), as: UTF8.self)
    for before in ["", whole, "somebody's\n", "\n"] {
      try folder.write(before + torn, to: "log")
      try LogFile(path).append(line(2))
      let expected = before + (becomes ?? torn + "\n") + String(decoding: line(2), as: UTF8.self)
      #expect(try folder.read("log") == expected)
    }
  }

  /// The beginning of a line may also come from another process, between two of ours.
  @Test func endsALineThatAnotherRunBegan() throws {
    let path = folder.path("log")
    let log = try LogFile(path)
    try log.append(line(1))
    try folder.write(try folder.read("log") + JSONLog.opening, to: "log")
    try log.append(line(2))
    #expect(try pids(path) == [1, 2])
  }

  @Test func isNotCreatedWhereItCantBe() throws {
    try folder.write("", to: "file")
    try #require(mkdir(folder.path("closed"), 0o555) == 0)
    // A superuser may write into any folder but those that the kernel makes up.
    let closed = geteuid() == 0 ? "/sys/log" : folder.path("closed/log")
    for (path, why) in [
      (closed, geteuid() == 0 ? "" : "Permission denied"), (folder.path(""), "Is a directory"),
      (folder.path("missing/log"), "No such file or directory"),
      (folder.path("file/log"), "Not a directory"), ("", "No such file or directory"),
    ] {
      let failure = #expect(throws: ExitError.self) { try LogFile(path) }
      #expect(failure?.status == .cannotCreate && failure?.status.rawValue == 73)
      #expect(failure?.sentence.hasPrefix("the log \(path) can't be opened: \(why)") == true)
      #expect(failure?.nextStep != nil)
    }
  }

  @Test func waitsForThePipesReaderButNotForEver() throws {
    let path = folder.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let started = ContinuousClock.now
    let failure = #expect(throws: ExitError.self) {
      try LogFile(path, patience: .milliseconds(200))
    }
    #expect(failure?.status == .cannotCreate && failure?.sentence.contains("nobody reads") == true)
    #expect(started.duration(to: .now) < .seconds(3))

    let written = Background {
      let log = try LogFile(path)
      for number in 1...1000 as ClosedRange<Int32> { try log.append(line(number)) }
      try log.finish()
      return true
    }
    // More than a pipe holds, so that the writer has to wait for the reader.
    let read = try ChildProcess.run("cat", [path])
    #expect(try written.value())
    #expect(try pids(read.stdoutBytes) == Array(1...1000))
  }

  @Test func failsForGoodWhenTheReaderLeaves() throws {
    let path = folder.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let log = try LogFile(path)
    close(reader)
    // A process that another test starts just now has a copy for a moment.
    var entry = pollfd(fd: log.descriptor, events: 0, revents: 0)
    try #require(poll(&entry, 1, 5000) == 1)
    signal(SIGPIPE, SIG_IGN)
    for _ in 1...2 {
      let failure = #expect(throws: ExitError.self) { try log.append(line(1)) }
      #expect(failure?.status == .writeFailed && failure?.sentence.contains("pipe") == true)
    }
    // A reader that comes too late doesn't mend it.
    let late = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(late) }
    #expect(throws: ExitError.self) { try log.append(line(2)) }
    #expect(throws: ExitError.self) { try log.finish() }
  }

  @Test func waitsForTheLockButNotForEver() throws {
    let path = folder.path("log")
    // A lock belongs to one opening of a file, so that ours is as good as another process's.
    let other = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(other) }
    try #require(flock(other, LOCK_EX) == 0)
    let patient = try LogFile(path)
    let log = try LogFile(path, patience: .milliseconds(300))
    let started = ContinuousClock.now
    let failure = #expect(throws: ExitError.self) { try log.append(line(1)) }
    let waited = started.duration(to: .now)
    #expect(waited >= .milliseconds(300) && waited < .seconds(3), "\(waited)")
    #expect(failure?.status == .writeFailed)
    #expect(
      failure?.sentence == "another process holds the lock of the log \(path)"
        && failure?.nextStep != nil)

    let release = Background {
      usleep(100_000)
      return flock(other, LOCK_UN)
    }
    try patient.append(line(2))
    #expect(try release.value() == 0)
    // After a failure there is none that succeeds, and nothing was half done.
    #expect(throws: try #require(failure)) { try log.append(line(3)) }
    #expect(try pids(path) == [2])
  }
}
