import Testing

@testable import PostgresClient

struct ConnectErrorTextTests {
  @Test func readsStateMessageAndLocation() {
    let message = ConnectErrorText.parse(
      """
      connection to server at "127.0.0.1", port 5432 failed: FATAL:  53300: sorry, too many clients already
      LOCATION:  InitProcess, proc.c:351

      """)
    #expect(message.sqlState == .tooManyConnections)
    #expect(message.sourceFunction == "InitProcess")
    #expect(
      message.message
        == #"connection to server at "127.0.0.1", port 5432 failed: FATAL: sorry, too many clients already"#
    )
  }

  /// Text of several attempts stands in one string; the last one decides.
  @Test func takesTheLastOfSeveralAttempts() {
    let message = ConnectErrorText.parse(
      """
      connection to server at "a", port 1 failed: FATAL:  28P01: password authentication failed
      LOCATION:  auth_failed, auth.c:333
      connection to server at "b", port 2 failed: FATAL:  57P03: the database system is starting up
      LOCATION:  ProcessStartupPacket, postmaster.c:2404
      """)
    #expect(message.sqlState == .cannotConnectNow)
    #expect(message.sourceFunction == "ProcessStartupPacket")
    #expect(!message.message.contains("LOCATION"))
    #expect(message.message.contains("password authentication failed"))
  }

  /// The severity is translated; the two spaces before the state are not.
  @Test func readsTranslatedSeverities() {
    let message = ConnectErrorText.parse("Verbindung fehlgeschlagen: FATAL:  3D000: gibt es nicht")
    #expect(message.sqlState == .unknownDatabase)
    #expect(ConnectErrorText.parse("重大:  42501: 権限").sqlState == .insufficientPrivilege)
  }

  @Test func takesDetailAndHintOut() {
    let message = ConnectErrorText.parse(
      "FATAL:  42501: permission denied\nDETAIL:  User lacks it.\nHINT:  Grant it.\nLOCATION:  X, y.c:1"
    )
    #expect(message.detail == "User lacks it.")
    #expect(message.hint == "Grant it.")
    #expect(message.message == "FATAL: permission denied")
  }

  @Test(arguments: [
    "connection refused", "FATAL:  5330: too short", "FATAL:  5330!: no state", "", ":  ", "\n\n",
    "could not translate host name \"12345: \" to address",
  ])
  func findsNoStateWhereThereIsNone(_ text: String) {
    let message = ConnectErrorText.parse(text)
    #expect(message.sqlState == nil)
    #expect(message.sourceFunction == nil)
  }

  @Test func aTextThatIsAllStateIsNoTrap() {
    #expect(ConnectErrorText.parse(":  57P01: ").sqlState == .adminShutdown)
    #expect(ConnectErrorText.parse(":  57P01:").sqlState == nil)
  }

  @Test(arguments: ["57P01", "00000", "3D000"])
  func acceptsStates(_ code: String) { #expect(SQLState(code)?.code == code) }

  @Test(arguments: ["", "5330", "533000", "57p01", "57P0 ", "57P0é"])
  func refusesWhatIsNoState(_ code: String) { #expect(SQLState(code) == nil) }
}
