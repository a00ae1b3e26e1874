import TestSupport
import TestTraits
import Testing

@testable import OperatingSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Other programs, whatever they do: none may hang us, and each is told of as it was.
@Suite(.sideBySide)
struct ChildCommandTests {
  private struct Ran {
    var outcome: ChildCommand.Outcome
    var took: Duration

    var text: String { String(decoding: outcome.output, as: UTF8.self) }
    /// The number that it printed.
    var pid: pid_t { pid_t(text.prefix { $0 != "\n" }) ?? -1 }
  }

  private func run(
    _ words: ChildCommand.Words, timeout: Duration = .seconds(30), limit: Int? = 1 << 20,
    _ change: (inout ChildCommand) -> Void = { _ in }
  ) -> Ran {
    signal(SIGPIPE, SIG_IGN)
    var command = ChildCommand(words, timeout: timeout)
    command.outputLimit = limit
    change(&command)
    let start = ContinuousClock.now
    let outcome = command.run()
    return Ran(outcome: outcome, took: start.duration(to: .now))
  }

  /// Whether it is gone, or will be in a moment.
  private func isGone(_ pid: pid_t) -> Bool {
    guard pid > 1 else { return false }
    for _ in 0..<200 {
      // Whoever inherited it may be slow to take notice of its end.
      let state = try? ChildProcess.run("ps", ["-o", "stat=", "-p", "\(pid)"]).stdout
      if state?.isEmpty ?? false || state?.hasPrefix("Z") ?? false { return true }
      usleep(20_000)
    }
    return false
  }

  @Test func handsBackWhatItPrintsAndItsStatus() {
    let said = run(.arguments(["sh", "-c", "echo \"$0\"; echo oops >&2; exit 3", "a 'b'"]))
    #expect(said.text == "a 'b'\n" && said.outcome.lastWords == ["oops"])
    #expect(said.outcome.end == .exited(3))
    let line = run(.shell("echo one; echo two | tr o 0"))
    #expect(line.text == "one\ntw0\n" && line.outcome.end == .exited(0))
    #expect(run(.shell("kill -9 $$")).outcome.end == .signalled(9))
    // Without a limit both streams are one.
    let joined = run(.shell("echo one; echo two >&2; echo three"), limit: nil)
    #expect(joined.outcome.lastWords == ["one", "two", "three"] && joined.outcome.output.isEmpty)
  }

  @Test func saysWhyItCantBeRun() {
    let missing = run(.arguments(["/nowhere/none"])).outcome
    #expect(missing.end == .notRun(errno: ENOENT))
    #expect(run(.arguments(["/tmp"])).outcome.end == .notRun(errno: EACCES))
    for words in [[], [""], ["a\0b"]] {
      #expect(run(.arguments(words)).outcome.end == .notRun(errno: EINVAL))
    }
    let unknown = run(.shell("no-such-program")).outcome
    #expect(unknown.end == .exited(127))
    #expect(unknown.lastWords.first?.contains("no-such-program") == true)
  }

  @Test func readsWhatItIsGiven() {
    let input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let copied = run(.arguments(["cat"]), limit: 1_000_000) { $0.input = input }
    #expect(copied.outcome.output == input && copied.outcome.end == .exited(0))
    #expect(run(.arguments(["cat"])).text.isEmpty)
    // Also where it has closed its output before.
    let late = run(.shell("exec >&- 2>&-; sleep 0.2; test $(wc -c) = 1000000")) {
      $0.input = input
    }
    #expect(late.outcome.end == .exited(0))
  }

  @Test(arguments: ["exit 4", "exec <&-; sleep 0.2; exit 4", "head -c 10; sleep 0.2; exit 4"])
  func needNotReadIt(_ line: String) {
    let ran = run(.shell(line)) { $0.input = [UInt8](repeating: 0x61, count: 1_000_000) }
    #expect(ran.outcome.end == .exited(4) && ran.took < .seconds(10))
  }

  @Test func oneThatPrintsWithoutEndIsRead() {
    let ran = run(.shell("yes | head -c 20000000; echo done >&2"), limit: nil)
    #expect(ran.outcome.end == .exited(0) && ran.outcome.lastWords.last == "done")
    #expect(ran.outcome.lastWords.reduce(0) { $0 + $1.utf8.count } < 20_000)
    let much = run(.arguments(["yes"]), limit: 1_000_000)
    #expect(much.outcome.end == .wroteTooMuch(limit: 1_000_000) && much.outcome.output.isEmpty)
    #expect(run(.shell("printf 12345"), limit: 5).outcome.end == .exited(0))
    #expect(run(.shell("printf 123456"), limit: 5).outcome.end == .wroteTooMuch(limit: 5))
  }

  @Test(arguments: ["sleep 60", "trap '' TERM HUP; sleep 60", "kill -STOP $$", "yes", "yes >&2"])
  func isEndedWhenItsTimeIsOver(_ line: String) throws {
    let folder = TemporaryFolder()
    let ran = run(
      .shell("echo $$ > '\(folder.path("pid"))'; \(line)"), timeout: .milliseconds(500),
      limit: 1 << 40
    ) {
      $0.grace = .milliseconds(200)
    }
    #expect(ran.outcome.end == .timedOut(after: .milliseconds(500)))
    #expect(ran.took > .milliseconds(500) && ran.took < .seconds(10), "\(ran.took)")
    #expect(isGone(try #require(pid_t(folder.read("pid").prefix { $0 != "\n" }))))
  }

  /// It gets SIGTERM first, and may tidy up.
  @Test func mayTidyUp() {
    let ran = run(
      .shell("trap 'echo tidied >&2; exit 0' TERM; sleep 60 & wait"), timeout: .milliseconds(500))
    #expect(ran.outcome.end == .timedOut(after: .milliseconds(500)))
    #expect(ran.outcome.lastWords == ["tidied"])
  }

  @Test func whatItStartedEndsWithIt() throws {
    let folder = TemporaryFolder()
    for line in [
      "sleep 60 & echo $! > '\(folder.path("pid"))'; wait",
      "sleep 60 & echo $! > '\(folder.path("pid"))'",
    ] {
      let ran = run(.shell(line), timeout: .milliseconds(500))
      #expect(ran.outcome.end == .timedOut(after: .milliseconds(500)))
      let pid = try #require(pid_t(folder.read("pid").prefix { $0 != "\n" }))
      #expect(isGone(pid))
    }
  }

  /// What was put into the background with our streams still belongs to it, as `curl … &` does.
  @Test func whatItLeftRunningHasTheSameTime() {
    let late = run(.shell("(sleep 0.5; echo late) & echo first"))
    #expect(late.outcome.end == .exited(0) && late.text == "first\nlate\n")
    // With streams of its own it has a life of its own.
    let daemon = run(.shell("sleep 60 < /dev/null > /dev/null 2>&1 & echo $!"))
    defer { kill(daemon.pid, SIGKILL) }
    #expect(daemon.outcome.end == .exited(0) && daemon.took < .seconds(10))
    #expect(kill(daemon.pid, 0) == 0)
  }

  /// It is out of our reach, and we are not to wait for it.
  @Test func whatLeftTheSessionHoldsNobody() {
    let folder = TemporaryFolder()
    let ran = run(
      .shell("setsid sh -c 'echo $$ > \(folder.path("pid")); exec sleep 60' & wait"),
      timeout: .milliseconds(500))
    #expect(ran.outcome.end == .timedOut(after: .milliseconds(500)) && ran.took < .seconds(10))
    if let pid = (try? folder.read("pid")).flatMap({ pid_t($0.prefix { $0 != "\n" }) }) {
      kill(pid, SIGKILL)
    }
  }

  /// Whatever this process ignores, holds back or keeps open.
  @Test(arguments: ["PIPE", "TERM", "INT", "HUP", "QUIT", "XFSZ", "CHLD"])
  func beginsWithPlainSignals(_ name: String) {
    signal(SIGXFSZ, SIG_IGN)
    let ran = run(.shell("kill -\(name) $$; echo lived"))
    #expect(name == "CHLD" ? ran.text == "lived\n" : ran.outcome.end != .exited(0))
  }

  @Test func hasTheEnvironmentThatItIsGiven() {
    let ran = run(.arguments(["/usr/bin/env"])) { $0.environment = ["A=1", "B=x y=z"] }
    #expect(ran.text == "A=1\nB=x y=z\n")
    #expect(run(.shell("echo $PATH")).text.contains("/bin"))
  }

  @Test func anInterruptionEndsIt() throws {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let writer = ends[1]
    let raiser = Background {
      usleep(300_000)
      _ = write(writer, "x", 1)
    }
    let start = ContinuousClock.now
    let outcome = ChildCommand(.shell("sleep 60"), timeout: .seconds(50))
      .run(interruption: Interruption(descriptor: ends[0]))
    try raiser.value()
    #expect(outcome.end == .interrupted && start.duration(to: .now) < .seconds(10))
  }
}
