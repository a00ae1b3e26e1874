/// Writes HTML piece by piece into a sink. Markup is what stands in this program's source; whatever
/// else goes in, goes through `text`, the one place that escapes.
struct HTMLWriter {
  private let sink: ByteSink
  /// Which of several reports is being written; nil where it is the only one.
  private let part: Int?

  init(into sink: ByteSink, part: Int? = nil) { (self.sink, self.part) = (sink, part) }

  /// The writer of one of several reports, into the same page.
  func writing(part: Int) -> HTMLWriter { HTMLWriter(into: sink, part: part) }

  var isPart: Bool { part != nil }

  /// A name that is this report's alone on the page, such as `t3-groups`.
  func id(_ name: StaticString) {
    if let part {
      markup("t")
      number(part)
      markup("-")
    }
    markup(name)
  }

  /// Opens a section with its heading.
  func section(_ id: StaticString, _ heading: StaticString) {
    markup("<section id=\"")
    self.id(id)
    markup(part == nil ? "\">\n<h2>" : "\">\n<h3>")
    markup(heading)
    markup(part == nil ? "</h2>\n" : "</h3>\n")
  }

  /// Markup of our own: a literal, so that nothing from a server can be mistaken for it.
  func markup(_ literal: StaticString) { sink.append(literal: literal) }

  /// Markup with text in it.
  func markup(_ before: StaticString, _ text: String, _ after: StaticString = "") {
    markup(before)
    self.text(text)
    markup(after)
  }

  func markup(_ before: StaticString, _ value: Int, _ after: StaticString = "") {
    markup(before)
    number(value)
    markup(after)
  }

  func markup(_ before: StaticString, _ value: Double, _ after: StaticString = "") {
    markup(before)
    decimal(value)
    markup(after)
  }

  /// Bytes of a file that is built into the program.
  func file(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { sink.append($0) } }

  /// Text, in an element or in an attribute with double quotes.
  func text(_ text: String) {
    var text = text
    let isPlain = text.withUTF8 { $0.allSatisfy(Self.isPlain) }
    if !isPlain { text = HostileText.escaped(text) }
    text.withUTF8 { bytes in
      var start = 0
      for (index, byte) in bytes.enumerated() {
        guard let reference = Self.reference(for: byte) else { continue }
        sink.append(UnsafeBufferPointer(rebasing: bytes[start..<index]))
        sink.append(literal: reference)
        start = index + 1
      }
      sink.append(UnsafeBufferPointer(rebasing: bytes[start...]))
    }
  }

  func number(_ value: Int) {
    if value < 0 { sink.append(UInt8(ascii: "-")) }
    sink.append(UInt64(value.magnitude))
  }

  /// With one digit behind the point, which is left out where it is zero: pixels and percent.
  func decimal(_ value: Double) {
    let tenths = Int((value * 10).rounded())
    if tenths < 0 { sink.append(UInt8(ascii: "-")) }
    sink.append(UInt64(tenths.magnitude / 10))
    guard tenths % 10 != 0 else { return }
    sink.append(UInt8(ascii: "."))
    sink.append(UInt64(tenths.magnitude % 10))
  }

  /// A number of the report, marked with its place in the JSON of the same report.
  func figure(_ value: Int, _ path: String) {
    markup("<span")
    figure(path)
    markup(">")
    number(value)
    markup("</span>")
  }

  /// The attribute that marks it.
  func figure(_ path: String) {
    markup(" data-figure=\"")
    if let part { text("reports.\(part).") }
    text(path)
    markup("\"")
  }

  /// ASCII that neither escapes anything nor needs to be.
  private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }

  private static func reference(for byte: UInt8) -> StaticString? {
    switch byte {
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: ">"): "&gt;"
    case UInt8(ascii: "\""): "&quot;"
    case UInt8(ascii: "'"): "&#39;"
    default: nil
    }
  }
}
