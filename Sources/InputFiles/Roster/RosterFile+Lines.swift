import SessionAudit

extension RosterFile {
  /// `name-or-address[,started-at]`, one a line; `#` at the beginning or after a blank begins a
  /// comment.
  static func lines(_ bytes: [UInt8]) throws(InputFileError) -> Roster {
    if let json = try? JSONText.parse(bytes) {
      throw InputFileError(line: json.line, "is JSON, but only \(json.kindName)")
    }
    var roster = Roster(format: .lines, entries: [])
    let text = bytes[bytes.placeAfterByteOrderMark...]
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      do throws(InputFileError) {
        if let entry = try entry(of: line) { roster.entries.append(entry) }
      } catch {
        throw InputFileError(line: index + 1, field: error.field, error.problem)
      }
    }
    return roster
  }

  /// nil for a line with nothing but blanks and a comment.
  private static func entry(
    of line: ArraySlice<UInt8>
  ) throws(InputFileError) -> Roster.Entry? {
    guard String(validating: line, as: UTF8.self) != nil else {
      throw InputFileError("is not text in UTF-8")
    }
    let text = trimmed(withoutComment(line))
    guard !text.isEmpty else { return nil }
    let fields = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      .map { String(decoding: trimmed($0), as: UTF8.self) }
    guard fields.count <= 2 else {
      throw InputFileError("has more than two fields: a line is name-or-address[,started-at]")
    }
    let startedAt = fields.count == 2 ? try start(fields[1]) : nil
    if let network = Network(fields[0]) {
      return Roster.Entry(name: nil, networks: [network], isAlive: true, startedAt: startedAt)
    }
    if let problem = problem(ofName: fields[0]) {
      throw InputFileError(field: "name", problem)
    }
    return Roster.Entry(name: fields[0], networks: [], isAlive: true, startedAt: startedAt)
  }

  private static func start(_ text: String) throws(InputFileError) -> Timestamp {
    do throws(Timestamp.ParseError) {
      return try Timestamp(iso8601: text)
    } catch {
      throw InputFileError(field: "started-at", error.problem)
    }
  }

  /// A name that nobody bears is not harmless: where the user says what the roster covers, all
  /// that it does not name is taken for gone.
  private static func problem(ofName name: String) -> String? {
    let hint =
      "is this what heroku ps writes without --json, or kubectl get pods without -o json?"
    if name.isEmpty { return "is empty" }
    if "\"'<{}[]".unicodeScalars.contains(name.unicodeScalars[name.startIndex])
      || name.hasPrefix("pod/")
    {
      return "does not begin like a name: \(hint)"
    }
    if name.unicodeScalars.contains(where: isUnfitForName) {
      return "has a blank or a control character in it: \(hint)"
    }
    if name.utf8.contains(where: { $0 >= 0x7F }) {
      return "is not plain ASCII, which is all that the server shows of a name"
    }
    if name.utf8.count > longestName {
      return "is longer than \(longestName) bytes, which is all that the server keeps of a name"
    }
    return looksLikeAddress(name) ? "is not an IP address or CIDR range" : nil
  }

  private static func isUnfitForName(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: scalar.properties.isWhitespace
    }
  }

  /// `10.0.0.256`, `10.0.0.0/33`, `fd00::1::2`.
  private static func looksLikeAddress(_ name: String) -> Bool {
    let beforeSlash = name.prefix { $0 != "/" }
    if NetworkAddress(beforeSlash) != nil { return true }
    let isDotted = beforeSlash.utf8.allSatisfy {
      $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    if isDotted { return beforeSlash.utf8.count { $0 == UInt8(ascii: ".") } == 3 }
    return beforeSlash.allSatisfy { $0 == ":" || $0.isHexDigit }
      && beforeSlash.utf8.count { $0 == UInt8(ascii: ":") } >= 2
  }

  private static func withoutComment(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let comment = line.indices.first { place in
      line[place] == UInt8(ascii: "#")
        && (place == line.startIndex || isBlank(line[place - 1]))
    }
    return line[..<(comment ?? line.endIndex)]
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let first = text.firstIndex(where: { !isBlank($0) }),
      let last = text.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return text[first...last]
  }
}
