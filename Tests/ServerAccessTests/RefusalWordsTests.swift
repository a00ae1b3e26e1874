import PostgresClient
import SessionAudit
import Testing

@testable import ServerAccess

/// What the words alone tell, in any language.
struct RefusalWordsTests {
  @Test(arguments: [
    (
      "no more connections allowed (max_client_conn)",
      Refusal.noSlot(.pooler, name: "max_client_conn")
    ),
    ("sorry, too many clients already", .noSlot(.server, name: nil)),
    ("désolé, trop de clients sont déjà connectés", .noSlot(.server, name: nil)),
    (#"too many connections for role "a "b" c""#, .noSlot(.role, name: #"a "b" c"#)),
    ("zu viele Verbindungen von Rolle »narrow«", .noSlot(.role, name: "narrow")),
    (#"데이터베이스 "x""#, .unknown),
    (#""x" 데이터베이스 최대 접속수를 초과했습니다"#, .noSlot(.database, name: "x")),
    (#"База "x" не принимает подключения в данный момент"#, .unknown),
    (#"база "x" не принимает подключения в данный момент"#, .databaseTakesNoConnections),
    ("ロール\"x\"からの接続が多すぎます", .noSlot(.role, name: "x")),
    ("das Datenbanksystem startet", .serverStartingOrStopping),
    ("Datenbank »nix« existiert nicht", .noSuchDatabase),
    ("Rolle »nix« existiert nicht", .roleMayNotLogIn),
    ("proxy: zu viele Verbindungen von Rolle »narrow«", .noSlot(.role, name: "narrow")),
    ("proxy: sorry, too many clients already", .noSlot(.server, name: nil)),
    ("proxy: rolle »sorry, too many clients already« is odd", .unknown),
    ("das Datenbanksystem nimmt keine Verbindungen an", .standbyTakesNone),
    // libpq's words in a server's mouth.
    ("could not translate host name \"x\" to address", .unknown),
    ("Connection refused", .unknown),
  ])
  func tellWhatIsMeant(_ words: String, _ refusal: Refusal) {
    #expect((RefusalWords.meaning(of: said(words)) ?? .unknown) == refusal)
  }

  private func said(_ words: String, asking names: [String] = []) -> ServerMessage {
    var message = ServerMessage(sqlState: nil, message: words)
    message.asked = names
    return message
  }

  @Test func libpqsWordsAreItsOwn() {
    func meaning(_ words: String) -> Refusal? {
      var message = said(words, asking: ["/tmp/Connection refused/x", "server"])
      message.isLibpqs = true
      return RefusalWords.meaning(of: message)
    }
    #expect(meaning("could not translate host name \"Connection refused\" to") == .unknownHost)
    #expect(meaning("sorry, too many clients already") == nil)
    #expect(meaning("/tmp/Connection refused/x: No such file or directory") == .noSocket)
    #expect(meaning("server closed the connection unexpectedly") == .hungUp)
  }

  /// Names of ours that are words of refusals, with and without quotes.
  @Test(arguments: [
    "SUPERUSER", "no such user", "pg_use_reserved_connections", "sorry, too many clients already",
    "a\" is disabled", "query_wait_timeout",
  ])
  func namesAreNoWords(_ name: String) {
    for words in ["odd: \"\(name)\" is nobody", "odd: no pool for \(name), sir", "\(name): odd"] {
      #expect(RefusalWords.meaning(of: said(words, asking: [name])) == nil, "\(words)")
    }
    #expect(
      RefusalWords.meaning(of: said("too many connections for role \"\(name)\""))
        == .noSlot(.role, name: name))
    #expect(RefusalWords.meaning(of: said("no such database: \(name)")) == .noSuchDatabase)
    #expect(
      RefusalWords.meaning(of: said("keine Berechtigung für Datenbank \(name)"))
        == .noConnectPrivilege)
  }

  /// No translation of one refusal is taken for another.
  @Test func noLanguageMixesThemUp() {
    let all: [(Refusal, [String])] = [
      (.noSlot(.server, name: nil), TranslatedWords.server),
      (.noSlot(.superuserReserved, name: nil), TranslatedWords.superuserReserved),
      (.noSlot(.role, name: "n"), TranslatedWords.role),
      (.noSlot(.database, name: "n"), TranslatedWords.database),
      (.serverStartingOrStopping, TranslatedWords.startingOrStopping),
      (.standbyTakesNone, TranslatedWords.standbyTakesNone),
      (.noSuchDatabase, TranslatedWords.noSuchDatabase),
      (.databaseTakesNoConnections, TranslatedWords.databaseTakesNoConnections),
      (.databaseIsInvalid, TranslatedWords.databaseIsInvalid),
      (.noConnectPrivilege, TranslatedWords.noConnectPrivilege),
      (.roleMayNotLogIn, TranslatedWords.roleMayNotLogIn),
      (.wrongPassword, TranslatedWords.wrongPassword),
    ]
    for (refusal, patterns) in all {
      #expect(patterns.count >= 9)
      for pattern in patterns {
        let words = pattern.replacing("%s", with: "n")
        #expect(RefusalWords.meaning(of: said(words)) == refusal, "\(words)")
        #expect(RefusalWords.meaning(of: said("proxy: " + words)) == refusal, "\(words)")
      }
    }
  }
}
