import ArgumentParser
import Runs
import SessionAudit

/// Values on the command line, with messages that say what to write instead.
enum Parsing {
  static func duration(_ text: String) throws -> Duration {
    do throws(DurationText.ParseError) {
      return try DurationText.parse(text)
    } catch {
      throw ValidationError(error.clause(about: text))
    }
  }

  static func positiveDuration(_ text: String) throws -> Duration {
    let duration = try duration(text)
    guard duration > .zero else { throw ValidationError("it must be longer than nothing") }
    return duration
  }

  /// `1m,10m,1h`: rising, none twice.
  static func buckets(_ text: String) throws -> [Duration] {
    func wrong(_ sentence: String) -> ExitError {
      .usage("--buckets \(text): \(sentence)")
    }
    let bounds: [Duration]
    do {
      bounds = try text.split(separator: ",", omittingEmptySubsequences: false).map {
        try positiveDuration(String($0))
      }
    } catch let error as ValidationError {
      throw wrong(error.message)
    }
    guard zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw wrong("the bounds must rise, like 1m,10m,1h,1d")
    }
    guard bounds.count <= 20 else { throw wrong("at most 20 bounds") }
    return bounds
  }

  static func dimension(_ text: String) throws -> GroupDimension {
    guard let dimension = GroupDimension(rawValue: text) else {
      let words = GroupDimension.allCases.map(\.rawValue)
      throw ExitError.usage(
        "--group-by \(text): write one of \(words.joined(separator: ", "))")
    }
    return dimension
  }
}

/// Values that may be given several times, each for some applications.
extension Parsing {
  /// `[APP=]VALUE`, split at the last `=`.
  /// - Throws: `ExitError` that names the option.
  static func declarations<Value>(
    _ texts: [String], _ option: String, _ parse: (String) throws -> Value
  ) throws -> [Declaration<Value>] {
    try texts.map { text in
      let at = text.lastIndex(of: "=")
      let application = at.map { ApplicationPattern(String(text[..<$0])) }
      let value = at.map { String(text[text.index(after: $0)...]) } ?? text
      do {
        return Declaration(application, try parse(value))
      } catch let error as ValidationError {
        throw ExitError.usage("\(option) \(text): \(error.message)")
      }
    }
  }

  static func count(_ text: String) throws -> Int {
    guard let count = Int(text), count >= 1 else {
      throw ValidationError("it is a number from 1 up")
    }
    return count
  }

  static func yesOrNo(_ text: String) throws -> Bool {
    switch text {
    case "yes": return true
    case "no": return false
    default: throw ValidationError("write yes or no")
    }
  }

  /// `2026-11-22T09:41Z`, or `10m-ago`.
  static func restartTime(_ text: String) throws -> RestartTime {
    if text.hasSuffix("-ago") { return .ago(try duration(String(text.dropLast(4)))) }
    let moment: Timestamp
    do throws(Timestamp.ParseError) {
      moment = try Timestamp(iso8601: text)
    } catch {
      throw ValidationError(
        error == .noZone
          ? "a time needs a zone: \(text)Z, or \(text)+01:00"
          : "a time is written like 2026-11-22T09:41Z, with a zone, or like 10m-ago")
    }
    // A server's clock may be ahead of ours, but not by a day; the rest is seen when it is known.
    guard moment - LocalClock.now < .seconds(86_400) else {
      throw ValidationError("that is in the future")
    }
    return .at(moment)
  }

  static func networks(_ texts: [String], _ option: String) throws -> [Network] {
    try texts.map { try Network.given($0, by: option) }
  }

  /// Globs on application_name, each of which some server could show.
  static func applications(_ texts: [String], _ option: String) throws -> [Glob] {
    try texts.map { text in
      let glob = Glob(text)
      guard let problem = glob.tooLong else { return glob }
      throw ExitError.usage("\(option) \(text): it \(problem)")
    }
  }

  /// Addresses, ranges, globs. What is none of these would match nobody, and as an exclusion protect
  /// nobody.
  static func clients(_ texts: [String], _ option: String) throws -> [ClientPattern] {
    try texts.map { text in
      let isGlob = text.isEmpty || text.contains { "*?[".contains($0) } && !text.contains("/")
      // A glob it is too, of one character.
      let isInBrackets =
        text.hasPrefix("[") && text.hasSuffix("]")
        && Network(String(text.dropFirst().dropLast())) != nil
      guard isGlob && !isInBrackets || Network(text) != nil else {
        throw ExitError.usage(
          "\(option) \(text): it is no address, range or glob",
          next: "Write 10.0.0.7, 10.0.0.0/8, fd00::/8 or '10.0.*'; a range begins at its first "
            + "address.")
      }
      return ClientPattern(text)
    }
  }
}
