import PostgresClient
import SessionAudit

/// What a refusal means by its words alone: those of libpq, which are English because nobody calls
/// setlocale; those of poolers; and those of a server in any language, where a pooler hands them on
/// without their code (PgBouncer says 08P01 for all).
///
/// Names stand in these words, and may be words of another refusal. So a text counts first as a
/// whole, its names where the pattern has them; only then by what it contains, without its names.
enum RefusalWords {
  static func meaning(of message: ServerMessage) -> Refusal? {
    // A refusal is short; what is long is no refusal's and must not keep us busy.
    let words = Redaction.cut(message.words, to: 2_000)
    if message.isLibpqs {
      let text = NamelessText.withoutQuoted(words, message.asked.filter { $0.contains("/") })
      return meaning(of: text, containing: ofLibpq)
    }
    if let meaning = meaning(ofWhole: unwrapped(words)) { return meaning }
    let named = NamelessText.without(message.asked, words)
    if named.contains("pg_use_reserved_connections") { return .noSlot(.reserved, name: nil) }
    let text = NamelessText.withoutQuoted(named, [])
    if let meaning = meaning(of: text, containing: ofPoolers) { return meaning }
    for (meaning, patterns) in wholes {
      for pattern in patterns where contains(text, pattern) {
        return meaning(name(in: words, containing: pattern))
      }
    }
    return meaning(of: text, containing: general)
  }

  private static func meaning(
    of text: String, containing table: [(Refusal, [String])]
  ) -> Refusal? {
    table.first { $0.1.contains(where: text.contains) }?.0
  }

  private static func meaning(ofWhole text: Substring) -> Refusal? {
    for (meaning, patterns) in wholes {
      for pattern in patterns {
        if let name = name(inWhole: text, by: pattern) { return meaning(name.isEmpty ? nil : name) }
      }
    }
    return nil
  }

  /// A newer PgBouncer quotes the server's words, which say more than its own.
  private static func unwrapped(_ text: String) -> Substring {
    let (start, end) = ("server login has been failing, cached error: ", " (server_login_retry)")
    guard text.hasPrefix(start) else { return text[...] }
    let inner = text.dropFirst(start.count)
    return inner.hasSuffix(end) ? inner.dropLast(end.count) : inner
  }

  // MARK: - Tables; the first that fits counts

  /// All that is said; `%s` stands for a name.
  private static let wholes: [(@Sendable (String?) -> Refusal, [String])] = [
    ({ _ in .poolersConsole }, ["extended query protocol not supported by admin console"]),
    ({ _ in .noSlot(.pooler, name: "query_wait_timeout") }, ["query_wait_timeout"]),
    ({ _ in .poolerDisabledDatabase }, [#"database "%s" is disabled"#]),
    ({ _ in .noSuchDatabase }, ["no such database: %s"]),
    ({ _ in .notAdmitted }, ["no such user", #""trust" authentication failed"#]),
    ({ _ in .parameterNotTaken }, ["unsupported startup parameter%s"]),
    ({ _ in .noSlot(.server, name: nil) }, TranslatedWords.server),
    ({ _ in .noSlot(.superuserReserved, name: nil) }, TranslatedWords.superuserReserved),
    ({ .noSlot(.role, name: $0) }, TranslatedWords.role),
    ({ .noSlot(.database, name: $0) }, TranslatedWords.database),
    ({ _ in .standbyTakesNone }, TranslatedWords.standbyTakesNone),
    ({ _ in .serverStartingOrStopping }, TranslatedWords.startingOrStopping),
    ({ _ in .databaseTakesNoConnections }, TranslatedWords.databaseTakesNoConnections),
    ({ _ in .databaseIsInvalid }, TranslatedWords.databaseIsInvalid),
    ({ _ in .noConnectPrivilege }, TranslatedWords.noConnectPrivilege),
    ({ _ in .wrongPassword }, TranslatedWords.wrongPassword),
    ({ _ in .noSuchDatabase }, TranslatedWords.noSuchDatabase),
    ({ _ in .roleMayNotLogIn }, TranslatedWords.roleMayNotLogIn),
  ]

  private static let ofPoolers: [(Refusal, [String])] = [
    // PgBouncer 1.18, and Supavisor's two.
    (.noSlot(.pooler, name: "max_client_conn"), ["no more connections allowed"]),
    (.noSlot(.pooler, name: nil), ["Max client connections reached", "MaxClientsInSessionMode"]),
    // Also where it can't reach its server at all; but that is rarer than a pool in full use, and
    // the hint names both.
    (.noSlot(.pooler, name: "query_wait_timeout"), ["query_wait_timeout"]),
    // A server of 16 and later; no translation changes this word.
    (
      .noSlot(.superuserReserved, name: nil),
      ["SUPERUSER", "reserved for non-replication superuser"]
    ),
  ]

  /// Where nothing more is known.
  private static let general: [(Refusal, [String])] = [
    (.poolerCannotLogIn, ["server login has been failing", "server_login_retry"]),
    (.noSlot(.server, name: nil), ["too many clients", "too many connections"]),
    (.notAdmitted, ["pg_hba.conf"]),
    (.authentication, ["authentication", "auth failed"]),
    (.tls, ["SSL", "TLS", "certificate"]),
  ]

  private static let ofLibpq: [(Refusal, [String])] = [
    (.noPassword, ["no password supplied"]),
    (.tlsNotOffered, ["server does not support SSL"]),
    (
      .noPostgres,
      [
        "received invalid response to", "expected authentication request from server",
        "invalid response to GSSAPI", "unexpected response from server",
      ]
    ),
    (
      .badCertificate,
      [
        "certificate verify failed", "does not match host name", "root certificate file",
        "certificate present, but not private key", "certificate file",
      ]
    ),
    (.unknownHost, ["could not translate host name"]),
    (.nobodyListens, ["Connection refused"]),
    (.noRoute, ["No route to host", "unreachable"]),
    (.timeout, ["timeout expired", "Connection timed out"]),
    (.socketNotPermitted, ["Permission denied"]),
    (.noSocket, ["No such file or directory", "Is the server running locally"]),
    (.hungUp, ["server closed the connection", "Connection reset", "Broken pipe"]),
    (.unreachable, ["Address family not supported", "Cannot assign requested address"]),
    (.authentication, ["authentication"]),
    (.tls, ["SSL", "TLS", "certificate"]),
    (.unreachable, ["Is the server running"]),
  ]

  // MARK: - Patterns

  private static func parts(_ pattern: String) -> (before: Substring, after: Substring)? {
    pattern.firstRange(of: "%s").map { (pattern[..<$0.lowerBound], pattern[$0.upperBound...]) }
  }

  /// - Returns: the name that stands in the place of `%s`, empty where the pattern has none; nil
  ///   where the text does not fit from its beginning to its end.
  private static func name(inWhole text: Substring, by pattern: String) -> String? {
    guard let (before, after) = parts(pattern) else { return text == pattern ? "" : nil }
    guard text.hasPrefix(before), text.dropFirst(before.count).hasSuffix(after) else { return nil }
    return String(text.dropFirst(before.count).dropLast(after.count))
  }

  /// - Parameter text: with empty quotes.
  private static func contains(_ text: String, _ pattern: String) -> Bool {
    guard let (before, after) = parts(pattern) else { return text.contains(pattern) }
    // French has a blank inside its quotes, which is gone with the name.
    let (start, end) = (
      before.reversed().drop(while: \.isWhitespace), after.drop(while: \.isWhitespace)
    )
    guard let found = text.firstRange(of: String(start.reversed())) else { return false }
    return text[found.upperBound...].contains(end)
  }

  /// The name in a text that contains the pattern; nil where the pattern has none.
  private static func name(in text: String, containing pattern: String) -> String? {
    guard let (before, after) = parts(pattern),
      let start = text.firstRange(of: before)?.upperBound
    else { return nil }
    if after.isEmpty { return String(text[start...]) }
    // The last: a name may hold the quote that ends it.
    return text[start...].ranges(of: after).last.map { String(text[start..<$0.lowerBound]) }
  }
}

/// A text without the names in it.
private enum NamelessText {
  /// Without the names that we asked for, where they stand as words of their own.
  static func without(_ names: [String], _ text: String) -> String {
    names.sorted { $0.count > $1.count }.reduce(text) { text, name in
      var result = ""
      var rest = text[...]
      while !name.isEmpty, let found = rest.firstRange(of: name) {
        let isWord =
          !isLetter(text[..<found.lowerBound].last) && !isLetter(rest[found.upperBound...].first)
        result += rest[..<found.lowerBound] + (isWord ? "" : rest[found])
        rest = rest[found.upperBound...]
      }
      return result + rest
    }
  }

  /// With empty quotes, of any language, and without the names.
  static func withoutQuoted(_ text: String, _ names: [String]) -> String {
    var result = ""
    var end: Character?
    for character in without(names, text) {
      if let closing = end {
        guard character == closing else { continue }
        end = nil
      } else {
        end = closings[character]
      }
      result.append(character)
    }
    return result
  }

  private static let closings: [Character: Character] = [
    "\"": "\"", "«": "»", "»": "«", "„": "“", "“": "”",
  ]

  private static func isLetter(_ character: Character?) -> Bool {
    character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
  }
}
