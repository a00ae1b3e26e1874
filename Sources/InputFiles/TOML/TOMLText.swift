import CToml

/// A value of a TOML document, and the line that it stands in; of its key, where it has one.
struct TOMLNode {
  indirect enum Value {
    /// In the order of the file.
    case table([(key: String, node: TOMLNode)])
    case array([TOMLNode])
    case string(String)
    case integer(Int64)
    case float
    case boolean(Bool)
    /// A date, a time or both.
    case moment
  }

  var value: Value
  var line: Int

  /// What it is, in words.
  var kind: String {
    switch value {
    case .table: "a table"
    case .array: "an array"
    case .string: "a string"
    case .integer, .float: "a number"
    case .boolean: "true or false"
    case .moment: "a date or time"
    }
  }
}

/// Reads TOML 1.0 (https://toml.io/en/v1.0.0) with toml++, which also tells the lines.
enum TOMLText {
  /// Keys with tens of thousands of dots would go deeper than a stack does.
  private static let mostDots = 4000

  /// The document's root table.
  static func parse(_ bytes: [UInt8]) throws(InputFileError) -> TOMLNode {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard bytes.count(where: { $0 == UInt8(ascii: ".") }) <= mostDots else {
      throw InputFileError("has more than \(mostDots) dots")
    }
    let builder = Builder()
    let isGood = bytes.withUnsafeBytes { bytes in
      ctoml_parse(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
        Unmanaged.passUnretained(builder).toOpaque(),
        { context, node in
          guard let context, let node else { return }
          Unmanaged<Builder>.fromOpaque(context).takeUnretainedValue().take(node.pointee)
        },
        { context, line, sentence, length in
          guard let context else { return }
          Unmanaged<Builder>.fromOpaque(context).takeUnretainedValue().problem = InputFileError(
            line: line == 0 ? nil : Int(line), "is no TOML: \(text(sentence, length))")
        })
    }
    if isGood, let root = builder.root { return root }
    var problem = builder.problem ?? InputFileError("is no TOML")
    if let line = problem.line, lines.indices.contains(line - 1),
      let hint = hint(about: String(decoding: lines[line - 1], as: UTF8.self))
    {
      problem.problem += "; \(hint)"
    }
    throw problem
  }

  /// What its writer most likely meant.
  private static func hint(about line: String) -> String? {
    if line.contains(where: { "\u{201C}\u{201D}\u{2018}\u{2019}".contains($0) }) {
      return "a string stands in straight quotes, \"like this\""
    }
    if line.drop(while: \.isWhitespace).hasPrefix("[") {
      return "a table is [defaults], [network], [roster] or [hook]; [[target]] and [[application]] "
        + "have two brackets"
    }
    let value = line.drop { $0 != "=" }.dropFirst().drop(while: \.isWhitespace)
    if value.count(where: { $0 == "\"" }) == 1 { return "is the closing quote missing?" }
    if let first = value.first, first != "\"", first != "'", !"[{".contains(first) {
      return "words and durations stand in quotes, like \"1h\""
    }
    return nil
  }

  /// Puts together what is told node by node.
  private final class Builder {
    private struct Open {
      var key: String?
      var node: TOMLNode
    }

    private var open: [Open] = []
    var root: TOMLNode?
    var problem: InputFileError?

    func take(_ node: ctoml_node) {
      let key = node.key.map { text($0, node.key_length) }
      func scalar(_ value: TOMLNode.Value) {
        add(TOMLNode(value: value, line: Int(node.line)), under: key)
      }
      switch node.kind {
      case ctoml_table:
        open.append(Open(key: key, node: TOMLNode(value: .table([]), line: Int(node.line))))
      case ctoml_array:
        open.append(Open(key: key, node: TOMLNode(value: .array([]), line: Int(node.line))))
      case ctoml_end: close()
      case ctoml_string: scalar(.string(text(node.text, node.text_length)))
      case ctoml_integer: scalar(.integer(node.integer))
      case ctoml_boolean: scalar(.boolean(node.boolean))
      case ctoml_float: scalar(.float)
      default: scalar(.moment)
      }
    }

    private func close() {
      var done = open.removeLast()
      if case .table(var entries) = done.node.value {
        // They come by their keys.
        entries.sort { ($0.node.line, $0.key) < ($1.node.line, $1.key) }
        done.node.value = .table(entries)
      }
      if open.isEmpty { root = done.node } else { add(done.node, under: done.key) }
    }

    private func add(_ node: TOMLNode, under key: String?) {
      let last = open.count - 1
      switch open[last].node.value {
      case .table(var entries):
        open[last].node.value = .float
        entries.append((key ?? "", node))
        open[last].node.value = .table(entries)
      case .array(var elements):
        open[last].node.value = .float
        elements.append(node)
        open[last].node.value = .array(elements)
      default: break
      }
    }
  }
}

private func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
  // An empty string's place may be nowhere.
  String(
    decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : length),
    as: UTF8.self)
}
