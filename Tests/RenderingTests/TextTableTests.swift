import TestPages
import Testing

@testable import Rendering

struct TextTableTests {
  private func lines(
    _ columns: [TextTable.Column], _ rows: [[String]], width: Int = 80, unicode: Bool = true
  ) -> [String] {
    var table = TextTable(columns)
    for row in rows { table.add(row.map { .init($0) }) }
    return table.laidOut(TerminalStyle(width: width, unicode: unicode)).lines
  }

  @Test func alignsByCells() {
    let found = lines(
      [.init(title: "name"), .init(title: "n", alignsRight: true), .init(title: "note")],
      [["web", "1", "x"], ["日本語", "200", ""], ["e\u{301}", "30", "yy"]])
    #expect(
      found == [
        "name      n  note", "web       1  x", "日本語  200", "e\u{301}        30  yy",
      ])
  }

  @Test func leavesOutOptionalColumnsThatAreEmpty() {
    let columns: [TextTable.Column] = [
      .init(title: "a"), .init(title: "b", isOptional: true), .init(title: "c", isOptional: true),
      .init(title: "d"),
    ]
    #expect(lines(columns, [["1", "", "3", ""], ["1", "", "", ""]]) == ["a  c  d", "1  3", "1"])
    #expect(lines(columns, []) == ["a  d"])
  }

  @Test func neverEndsInBlanks() {
    let columns: [TextTable.Column] = [
      .init(title: "a"), .init(title: "bbbb", alignsRight: true), .init(title: "cccc"),
    ]
    for line in lines(
      columns, [["1", "", ""], ["1", "2", ""], ["", "", ""], ["111111", "", "x"]])
    {
      #expect(!line.hasSuffix(" "), "'\(line)'")
    }
  }

  @Test func cutsTheFlexibleColumnOnly() {
    let columns: [TextTable.Column] = [
      .init(title: "name", isFlexible: true), .init(title: "fixed"),
    ]
    let long = String(repeating: "x", count: 30)
    let found = lines(columns, [["abcdefghijklmnopqrst", long], ["short", "y"]], width: 48)
    #expect(found[1] == "abcdefghijklmno…  \(long)")
    #expect(found[2] == "short             y")
    let ascii = lines(columns, [["abcdefghijklmnopqrst", long]], width: 48, unicode: false)
    #expect(ascii[1] == "abcdefghijklmno~  \(long)")
  }

  /// A column that is short already must not grow because another is too long.
  @Test func widensNoColumnToCutIt() {
    let columns: [TextTable.Column] = [.init(title: "a", isFlexible: true), .init(title: "b")]
    let long = String(repeating: "x", count: 90)
    #expect(lines(columns, [["abc", long]])[1] == "abc  \(long)")
  }

  @Test func cutsTheWidestOfSeveralFlexibleColumnsFirst() {
    let columns: [TextTable.Column] = [
      .init(title: "a", isFlexible: true), .init(title: "b", isFlexible: true),
    ]
    let found = lines(columns, [[String(repeating: "x", count: 50), "10.0.0.200"]], width: 40)
    #expect(found[1] == String(repeating: "x", count: 27) + "…  10.0.0.200")
    let both = lines(
      columns,
      [[String(repeating: "x", count: 50), String(repeating: "y", count: 70)]], width: 40)
    #expect(
      both[1] == String(repeating: "x", count: 18) + "…  " + String(repeating: "y", count: 18) + "…"
    )
  }

  @Test func isNeverWiderThanTheTerminal() {
    let columns: [TextTable.Column] = [
      .init(title: "pid", alignsRight: true), .init(title: "application_name", isFlexible: true),
      .init(title: "user", isFlexible: true), .init(title: "age", alignsRight: true),
      .init(title: "verdict"),
    ]
    let rows = Hostile.texts.map { ["4194304", $0, String($0.reversed()), "99d 23h", "suspect"] }
    for width in 60...200 {
      for line in lines(columns, rows, width: width) {
        #expect(CellWidth.of(line) <= width, "\(width): \(line)")
      }
    }
  }

  @Test func leavesOutWhatThereIsNoRoomFor() {
    var table = TextTable([
      .init(title: "name", isFlexible: true), .init(title: "first", rank: 2),
      .init(title: "stays"), .init(title: "second", rank: 1),
    ])
    table.add(["a-long-name", "1", "2", "3"].map { .init($0) })
    func titles(_ width: Int) -> ([Substring], [String]) {
      let (lines, leftOut) = table.laidOut(TerminalStyle(width: width))
      return (lines[0].split(separator: " "), leftOut)
    }
    #expect(titles(30) == (["name", "first", "stays", "second"], []))
    #expect(titles(29) == (["name", "stays", "second"], ["first"]))
    #expect(titles(22) == (["name", "stays"], ["first", "second"]))
    #expect(titles(9) == (["name", "stays"], ["first", "second"]))
  }

  @Test func escapesEveryCell() {
    let found = lines([.init(title: "a")], [["x\u{1B}[2Jy\nz"]])
    #expect(found == ["a", #"x\x1B[2Jy\nz"#])
  }
}
