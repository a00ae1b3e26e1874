import SessionAudit

/// Reads values of a policy file and goes on after each error, so that all of them are told.
final class PolicyReader {
  private(set) var errors: [InputFileError] = []

  func wrong(_ line: Int, _ path: String, _ problem: String) {
    errors.append(InputFileError(line: line, field: path, problem))
  }

  // MARK: - Structure

  /// Reads each entry of a table; a key that is not among the names is an error.
  /// - Parameter read: one that is, by its place among them.
  func table(
    _ node: TOMLNode, _ path: String, _ names: [String],
    _ read: (_ place: Int, TOMLNode, _ path: String) -> Void
  ) {
    guard case .table(let entries) = node.value else {
      return wrong(node.line, path, "is \(node.kind), and must be a table: [\(path)]")
    }
    for (key, value) in entries {
      let field = (path.isEmpty ? "" : path + ".") + JSONPath.shown(key: key)
      if let place = names.firstIndex(of: key) {
        read(place, value, field)
      } else {
        wrong(value.line, field, Self.unknown(key, among: names))
      }
    }
  }

  func table<Key: CaseIterable & RawRepresentable<String>>(
    _ node: TOMLNode, _ path: String, _ read: (Key, TOMLNode, _ path: String) -> Void
  ) {
    let keys = Array(Key.allCases)
    table(node, path, Key.names) { read(keys[$0], $1, $2) }
  }

  private static func unknown(_ key: String, among keys: [String]) -> String {
    let list = "known here: \(keys.joined(separator: ", "))"
    let tables = PolicyFile.Key.allCases.map { (title: $0.title, keys: $0.names) }
    if let table = tables.first(where: { $0.keys.contains(key) }) {
      return "has no place here, but in \(table.title); \(list)"
    }
    if let nearest = NearestWord.of(key, among: keys) {
      return "is no known key; \(nearest) is the nearest"
    }
    // What was not written to its end goes before what was mistyped.
    let near = tables.filter { NearestWord.of(key, among: $0.keys) != nil }
    if let table = near.first(where: { $0.keys.contains { $0.hasPrefix(key) } }) ?? near.first,
      let nearest = NearestWord.of(key, among: table.keys)
    {
      return "is no known key; the nearest is \(nearest) in \(table.title); \(list)"
    }
    return "is no known key; \(list)"
  }

  /// The tables of `[[path]]`.
  func tables(_ node: TOMLNode, _ path: String) -> [TOMLNode] {
    guard case .array(let elements) = node.value else {
      wrong(node.line, path, "is \(node.kind), and must be an array of tables: [[\(path)]]")
      return []
    }
    return elements
  }

  // MARK: - Values

  func string(_ node: TOMLNode, _ path: String) -> PolicyFile.Located<String>? {
    guard case .string(let text) = node.value else {
      wrong(node.line, path, "is \(node.kind), and must be a string")
      return nil
    }
    guard !text.utf8.contains(0) else {
      wrong(node.line, path, "holds a NUL")
      return nil
    }
    return .init(text, line: node.line)
  }

  /// A string that says something.
  func words(_ node: TOMLNode, _ path: String) -> PolicyFile.Located<String>? {
    guard let said = string(node, path) else { return nil }
    guard said.value.contains(where: { !$0.isWhitespace }) else {
      wrong(node.line, path, "is empty")
      return nil
    }
    return said
  }

  func boolean(_ node: TOMLNode, _ path: String) -> PolicyFile.Located<Bool>? {
    guard case .boolean(let value) = node.value else {
      wrong(node.line, path, "is \(node.kind), and must be true or false, without quotes")
      return nil
    }
    return .init(value, line: node.line)
  }

  func number(
    _ node: TOMLNode, _ path: String, in range: ClosedRange<Int>
  ) -> PolicyFile.Located<Int>? {
    guard case .integer(let value) = node.value, let number = Int(exactly: value) else {
      wrong(node.line, path, "is \(node.kind), and must be a whole number, without quotes")
      return nil
    }
    guard range.contains(number) else {
      let most = range.upperBound == .max ? "up" : "to \(range.upperBound)"
      wrong(node.line, path, "is \(number), and must be from \(range.lowerBound) \(most)")
      return nil
    }
    return .init(number, line: node.line)
  }

  func duration(
    _ node: TOMLNode, _ path: String, mayBeZero: Bool = false
  ) -> PolicyFile.Located<Duration>? {
    switch node.value {
    case .integer(let number) where number >= 0:
      wrong(node.line, path, "has no unit: write \"\(number)s\" or \"\(number)m\", with quotes")
      return nil
    case .string(let text):
      do throws(DurationText.ParseError) {
        let duration = try DurationText.parse(text)
        if duration > .zero || mayBeZero { return .init(duration, line: node.line) }
        wrong(node.line, path, "must be longer than nothing")
      } catch {
        wrong(node.line, path, error.clause(about: text))
      }
      return nil
    default:
      wrong(node.line, path, "is \(node.kind), and must be a duration like \"10m\"")
      return nil
    }
  }

  func trust(_ node: TOMLNode, _ path: String) -> PolicyFile.Located<Trust>? {
    guard let said = string(node, path) else { return nil }
    if let trust = Trust(rawValue: said.value) { return .init(trust, line: said.line) }
    let words = Trust.allCases.map(\.rawValue)
    let nearest = NearestWord.of(said.value, among: words).map { "; \($0) is the nearest" } ?? ""
    wrong(node.line, path, "must be one of \(words.joined(separator: ", "))\(nearest)")
    return nil
  }

  /// A string or several.
  func strings(_ node: TOMLNode, _ path: String) -> [PolicyFile.Located<String>] {
    guard case .array(let elements) = node.value else {
      return [words(node, path)].compactMap { $0 }
    }
    return elements.compactMap { words($0, path) }
  }

  func networks(_ node: TOMLNode, _ path: String) -> [PolicyFile.Located<Network>] {
    strings(node, path).compactMap { said in
      if let network = Network(said.value) { return .init(network, line: said.line) }
      wrong(
        said.line, path,
        "has \"\(said.value)\", which is no address or range: write 10.0.0.7, 10.0.0.0/8 or fd00::/8; "
          + "a range begins at its first address")
      return nil
    }
  }

  /// An array of words, or one line for a shell.
  func command(_ node: TOMLNode, _ path: String) -> PolicyFile.Command? {
    guard case .array(let elements) = node.value else {
      return words(node, path).map { .shell($0.value) }
    }
    let words = elements.compactMap { string($0, path)?.value }
    guard words.count == elements.count else { return nil }
    guard let program = words.first, !program.isEmpty else {
      wrong(node.line, path, "names no program")
      return nil
    }
    return .words(words)
  }
}
