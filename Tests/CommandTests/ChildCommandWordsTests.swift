import Testing

@testable import Commands
@testable import OperatingSystem
@testable import Runs

/// What is said of another program that was run.
struct ChildCommandWordsTests {
  @Test(arguments: [
    (ChildCommand.End.exited(0), nil), (.exited(3), "ended with status 3"),
    (.signalled(9), "was ended by signal 9"),
    (.timedOut(after: .milliseconds(500)), "was not done after 500ms, and was ended"),
    (.interrupted, "was interrupted"),
    (.wroteTooMuch(limit: 1_000_000), "wrote more than 1000000 bytes, and was ended"),
    (.notRun(errno: 2), "can't be run: No such file or directory"),
  ])
  func hasAClauseWhereItDidNotGoWell(_ end: ChildCommand.End, _ clause: String?) {
    #expect(end.clause == clause)
  }

  @Test func showsTheLastLinesInShort() {
    let outcome = ChildCommand.Outcome(
      end: .exited(1),
      lastWords: ["first", "password=geheim", String(repeating: "x", count: 1000)])
    let shown = outcome.shownWords(2)
    #expect(shown.count == 2 && !shown[0].contains("geheim") && shown[1].utf8.count < 300)
  }
}
