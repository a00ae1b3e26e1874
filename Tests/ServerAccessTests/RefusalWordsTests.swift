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
    ("could not translate host name \"x\" to address", .unknownHost),
  ])
  func tellWhatIsMeant(_ words: String, _ refusal: Refusal) {
    #expect((RefusalWords.meaning(of: "FATAL: " + words) ?? .unknown) == refusal)
  }

  /// No translation of one refusal is taken for another.
  @Test func noLanguageMixesThemUp() {
    let all: [(Refusal, [String])] = [
      (.noSlot(.server, name: nil), TranslatedWords.server),
      (.noSlot(.superuserReserved, name: nil), TranslatedWords.superuserReserved),
      (.noSlot(.role, name: "n"), TranslatedWords.role),
      (.noSlot(.database, name: "n"), TranslatedWords.database),
      (.serverStartingOrStopping, TranslatedWords.startingOrStopping),
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
        let words = "FATAL: " + pattern.replacing("%s", with: "n")
        #expect(RefusalWords.meaning(of: words) == refusal, "\(words)")
      }
    }
  }
}
