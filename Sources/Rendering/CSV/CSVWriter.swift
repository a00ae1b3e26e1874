import SessionAudit

/// Writes CSV into a sink, field by field.
struct CSVWriter {
  private let sink: ByteSink
  private var isFirst = true

  init(into sink: ByteSink) { self.sink = sink }

  func flush() { sink.flush() }

  mutating func header(_ names: [String]) {
    for name in names { field(name) }
    endRecord()
  }

  mutating func endRecord() {
    sink.append(literal: "\r\n")
    isFirst = true
  }

  mutating func field(_ value: Int?) {
    separate()
    if let value { sink.append(String(value)) }
  }

  /// ISO 8601 UTC, with microseconds.
  mutating func field(_ value: Timestamp?) {
    separate()
    if let value { sink.append(value.iso8601) }
  }

  /// Seconds, to the microsecond.
  mutating func field(_ value: Duration?) {
    separate()
    if let value { sink.append(DecimalText.seconds(value)) }
  }

  /// Text from a server or a name of ours. Spreadsheets run what begins like a formula, so that gets
  /// an apostrophe in front; characters that no terminal should get are shown escaped.
  mutating func field(_ value: String?) {
    separate()
    guard let value else { return }
    let text = Self.neutralised(HostileText.escaped(value))
    let needsQuotes = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x20 }
    sink.append(needsQuotes ? "\"" + text.spelling { $0 == "\"" ? "\"\"" : nil } + "\"" : text)
  }

  /// What a formula begins with (OWASP, CSV injection), in full width too.
  private static let formulaStarts = Set("=+-@＝＋－＠".unicodeScalars)

  /// Also after a semicolon: where the comma is the decimal point that is what ends a cell.
  private static func neutralised(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: formulaStarts.contains) else { return text }
    var result = String.UnicodeScalarView()
    var before: Unicode.Scalar = ";"
    for scalar in text.unicodeScalars {
      if before == ";" && formulaStarts.contains(scalar) { result.append("'") }
      result.append(scalar)
      before = scalar
    }
    return String(result)
  }

  private mutating func separate() {
    if !isFirst { sink.append(literal: ",") }
    isFirst = false
  }
}
