import SessionAudit

/// A table of text for a terminal: columns padded to their widest cell, the flexible ones cut to
/// what the width leaves.
struct TextTable {
  struct Column {
    var title: String
    var alignsRight = false
    /// Cut with a sign where the table would be wider than the terminal.
    var isFlexible = false
    /// Other columns are left out before this one is cut to less, where it is flexible.
    var least = TextTable.leastWidth
    /// Left out where no row has anything in it.
    var isOptional = false
    /// Left out where the terminal is too narrow, the highest first; nil stays.
    var rank: Int?
  }

  struct Cell {
    var text: String
    var meaning: Wording.Meaning?

    init(_ text: String, _ meaning: Wording.Meaning? = nil) {
      self.text = HostileText.escaped(text)
      self.meaning = meaning
    }
  }

  private var columns: [Column]
  private var rows: [[Cell]] = []
  private static let gap = 2
  /// No column is cut to less: nothing could be told from the rest.
  fileprivate static let leastWidth = 8

  init(_ columns: [Column]) { self.columns = columns }

  mutating func add(_ row: [Cell]) { rows.append(row) }

  /// The header and a line for each row, none wider than the terminal as long as columns can give
  /// way; and the titles of those for which there was no room at all.
  func laidOut(_ style: TerminalStyle) -> (lines: [String], leftOut: [String]) {
    var table = withoutEmptyColumns()
    var leftOut: [String] = []
    while table.leastWidth > style.width,
      let place = table.columns.indices.filter({ table.columns[$0].rank != nil })
        .max(by: { table.columns[$0].rank ?? 0 < table.columns[$1].rank ?? 0 })
    {
      leftOut.append(table.columns.remove(at: place).title)
      for row in table.rows.indices { table.rows[row].remove(at: place) }
    }
    return (table.lines(style), leftOut)
  }

  private var leastWidth: Int {
    zip(columns, naturalWidths).reduce((columns.count - 1) * Self.gap) { sum, column in
      sum + (column.0.isFlexible ? min(column.1, column.0.least) : column.1)
    }
  }

  private var naturalWidths: [Int] {
    columns.indices.map { i in
      rows.reduce(CellWidth.of(columns[i].title)) { max($0, CellWidth.of($1[i].text)) }
    }
  }

  private func withoutEmptyColumns() -> TextTable {
    let kept = columns.indices.filter { i in
      !columns[i].isOptional || rows.contains { !$0[i].text.isEmpty }
    }
    var table = self
    table.columns = kept.map { columns[$0] }
    table.rows = rows.map { row in kept.map { row[$0] } }
    return table
  }

  private func lines(_ style: TerminalStyle) -> [String] {
    var widths = naturalWidths
    var surplus =
      widths.reduce(0, +) + (columns.count - 1) * Self.gap - style.width
    let flexible = columns.indices.filter { columns[$0].isFlexible }
    // The widest gives way first, so that a long name takes nothing from short ones.
    while surplus > 0, let widest = flexible.max(by: { widths[$0] < widths[$1] }),
      widths[widest] > Self.leastWidth
    {
      widths[widest] -= 1
      surplus -= 1
    }
    let header = columns.map { Cell($0.title, .faint) }
    return ([header] + rows).map { line($0, widths, style) }
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ style: TerminalStyle) -> String {
    var line = ""
    var owed = 0  // blanks before the next cell, so that no line ends in any
    for (i, cell) in cells.enumerated() {
      let text = CellWidth.fit(cell.text, to: widths[i], unicode: style.unicode)
      let padding = widths[i] - CellWidth.of(text)
      if i > 0 { owed += Self.gap }
      if columns[i].alignsRight { owed += padding }
      if !text.isEmpty {
        line += String(repeating: " ", count: owed) + style.paint(text, cell.meaning)
        owed = 0
      }
      if !columns[i].alignsRight { owed += padding }
    }
    return line
  }
}
