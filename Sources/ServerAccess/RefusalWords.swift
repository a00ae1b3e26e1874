import SessionAudit

/// What a refusal means by its words alone: those of libpq, which are English because nobody calls
/// setlocale; those of poolers; and those of a server in any language, where a pooler hands them on
/// without their code (PgBouncer says 08P01 for all).
enum RefusalWords {
  static func meaning(of text: String) -> Refusal? {
    for (refusal, phrases) in known where phrases.contains(where: text.contains) { return refusal }
    for (meaning, patterns) in ofServers {
      for pattern in patterns {
        if let name = name(in: text, by: pattern) { return meaning(name.isEmpty ? nil : name) }
      }
    }
    for (refusal, phrases) in general where phrases.contains(where: text.contains) {
      return refusal
    }
    return nil
  }

  /// The first that fits counts.
  private static let known: [(Refusal, [String])] = [
    // PgBouncer 1.18, and Supavisor's two.
    (.noSlot(.pooler, name: "max_client_conn"), ["no more connections allowed"]),
    (.noSlot(.pooler, name: nil), ["Max client connections reached", "MaxClientsInSessionMode"]),
    // Also where it can't reach its server at all; but that is rarer than a pool in full use, and
    // the hint names both.
    (.noSlot(.pooler, name: "query_wait_timeout"), ["query_wait_timeout"]),
    (.poolerDisabledDatabase, ["\" is disabled"]),
    (.noSuchDatabase, ["no such database: "]),
    (.notAdmitted, ["no such user", "\"trust\" authentication failed"]),
    (.parameterNotTaken, ["unsupported startup parameter"]),
    // A server of 16 and later; no translation changes these words.
    (.noSlot(.reserved, name: nil), ["pg_use_reserved_connections"]),
    (
      .noSlot(.superuserReserved, name: nil),
      ["SUPERUSER", "reserved for non-replication superuser"]
    ),
    // libpq.
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
  ]

  private static let ofServers: [(@Sendable (String?) -> Refusal, [String])] = [
    ({ _ in .noSlot(.server, name: nil) }, TranslatedWords.server),
    ({ _ in .noSlot(.superuserReserved, name: nil) }, TranslatedWords.superuserReserved),
    ({ .noSlot(.role, name: $0) }, TranslatedWords.role),
    ({ .noSlot(.database, name: $0) }, TranslatedWords.database),
    ({ _ in .serverStartingOrStopping }, TranslatedWords.startingOrStopping),
    ({ _ in .databaseTakesNoConnections }, TranslatedWords.databaseTakesNoConnections),
    ({ _ in .databaseIsInvalid }, TranslatedWords.databaseIsInvalid),
    ({ _ in .noConnectPrivilege }, TranslatedWords.noConnectPrivilege),
    ({ _ in .wrongPassword }, TranslatedWords.wrongPassword),
    ({ _ in .noSuchDatabase }, TranslatedWords.noSuchDatabase),
    ({ _ in .roleMayNotLogIn }, TranslatedWords.roleMayNotLogIn),
  ]

  /// Where nothing more is known.
  private static let general: [(Refusal, [String])] = [
    // A newer PgBouncer quotes the server's words in it, which say more.
    (.poolerCannotLogIn, ["server login has been failing", "server_login_retry"]),
    (.noSlot(.server, name: nil), ["too many clients", "too many connections"]),
    (.notAdmitted, ["pg_hba.conf"]),
    (.authentication, ["authentication", "auth failed"]),
    (.tls, ["SSL", "TLS", "certificate"]),
    (.unreachable, ["Is the server running"]),
  ]

  /// - Returns: the name that stands in the place of `%s`, empty where the pattern has none; nil
  ///   where the text does not fit.
  private static func name(in text: String, by pattern: String) -> String? {
    guard let place = pattern.firstRange(of: "%s") else {
      return text.contains(pattern) ? "" : nil
    }
    let (before, after) = (pattern[..<place.lowerBound], pattern[place.upperBound...])
    guard let start = text.firstRange(of: before)?.upperBound else { return nil }
    if after.isEmpty { return String(text[start...]) }
    // The last: a name may hold the quote that ends it.
    guard let end = text[start...].ranges(of: after).last?.lowerBound else { return nil }
    return String(text[start..<end])
  }
}
