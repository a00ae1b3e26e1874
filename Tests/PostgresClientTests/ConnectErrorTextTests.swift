import Testing

@testable import PostgresClient

struct ConnectErrorTextTests {
  /// Of one attempt.
  private func parse(_ text: String) -> ServerMessage {
    let messages = ConnectErrorText.parse(text)
    #expect(messages.count == 1)
    return messages[0]
  }

  @Test func readsStateMessageAndLocation() {
    let message = parse(
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

  /// Text of several attempts stands in one string; what one said twice is said once.
  @Test func takesSeveralAttemptsApart() {
    let messages = ConnectErrorText.parse(
      """
      connection to server at "a", port 1 failed: FATAL:  28P01: password authentication failed
      LOCATION:  auth_failed, auth.c:333
      connection to server at "b", port 2 failed: FATAL:  57P03: the database system is starting up
      LOCATION:  ProcessStartupPacket, postmaster.c:2404
      connection to server at "b", port 2 failed: FATAL:  57P03: the database system is starting up
      LOCATION:  ProcessStartupPacket, postmaster.c:2404
      could not translate host name "c" to address: Name or service not known
      connection to server at "d", port 4 failed: Connection refused
      \tIs the server running on that host and accepting TCP/IP connections?
      """)
    #expect(messages.map(\.sqlState?.code) == ["28P01", "57P03", nil, nil])
    #expect(messages[1].sourceFunction == "ProcessStartupPacket")
    #expect(messages[0].message.hasSuffix("FATAL: password authentication failed"))
    #expect(messages[3].message.hasSuffix("accepting TCP/IP connections?"))
  }

  /// The severity is translated; the two spaces before the state are not.
  @Test func readsTranslatedSeverities() {
    let message = parse("ФАТАЛЬНО:  3D000: нет")
    #expect(message.sqlState == .unknownDatabase)
    #expect(parse("重大:  42501: 権限").sqlState == .insufficientPrivilege)
  }

  @Test func takesDetailAndHintOut() {
    let message = parse(
      "FATAL:  42501: permission denied\nDETAIL:  User lacks it.\nHINT:  Grant it.\nLOCATION:  X, y.c:1"
    )
    #expect(message.detail == "User lacks it.")
    #expect(message.hint == "Grant it.")
    #expect(message.message == "FATAL: permission denied")
  }

  /// Only behind the severity that begins it; what the name that we asked for says is a name.
  @Test(arguments: [
    "a:  53300: b", "x\nFATAL:  53300: y", "x\nLOCATION:  InitProcess, proc.c:351",
    "x\nconnection to server at \"h\", port 1 failed: FATAL:  53300: sorry", "\n", "\n\n",
    "\nLOCATION:", "\nLOCATION:  InitPostgres, postinit.c:1", "\u{308}x\nFATAL:  53300: y",
    "x\nDETAIL:  " + String(repeating: "ü", count: 60), "x\r\nLOCATION:  a, b",
  ])
  func aNameIsOnlyAName(_ name: String) {
    for (open, close) in [("\"", "\""), ("»", "«"), ("« ", " »"), ("'", "'")] {
      let shown = String(decoding: name.utf8.prefix(63), as: UTF8.self)
      let one = """
        connection to server at "h", port 1 failed: FATAL:  3D000: database \
        \(open)\(shown)\(close) does not exist
        LOCATION:  InitPostgres, postinit.c:1014

        """
      let messages = ConnectErrorText.parse(one + one, asking: ["h", name, "d"])
      #expect(messages.count == 1)
      #expect(messages[0].sqlState == .unknownDatabase, "\(messages[0])")
      #expect(messages[0].sourceFunction == "InitPostgres" && messages[0].detail == nil)
      #expect(messages[0].words == "database \(open)\(shown)\(close) does not exist")
    }
  }

  @Test func aSocketsFolderIsOnlyAName() {
    for folder in [
      "/tmp/x:  53300: y", "/tmp/a\" failed: FATAL:  53300: b", "/a\nFATAL:  53300: b",
    ] {
      let message = ConnectErrorText.parse(
        "connection to server on socket \"\(folder)/.s.PGSQL.1\" failed: No such file or directory\n"
          + "\tIs the server running locally and accepting connections on that socket?\n",
        asking: [folder])[0]
      #expect(message.sqlState == nil && message.isLibpqs)
      #expect(message.words.hasPrefix("No such file or directory\n\tIs"))
      #expect(message.message.contains(folder))
    }
  }

  @Test func tellsWhoSaysIt() {
    #expect(!parse("connection to server at \"h\", port 1 failed: FATAL:  53300: x").isLibpqs)
    #expect(
      !parse("connection to server at \"h\", port 1 failed: FATAL:  without a state").isLibpqs)
    #expect(parse("connection to server at \"h\", port 1 failed: SSL error: x").isLibpqs)
    #expect(parse("could not translate host name \"a:  53300: b\" to address: x").isLibpqs)
  }

  @Test(arguments: [
    "connection refused", "FATAL:  5330: too short", "FATAL:  5330!: no state", "", ":  ", "\n\n",
    "could not translate host name \"12345: \" to address",
  ])
  func findsNoStateWhereThereIsNone(_ text: String) {
    let message = parse(text)
    #expect(message.sqlState == nil)
    #expect(message.sourceFunction == nil)
  }

  @Test func aTextThatIsAllStateIsNoTrap() {
    #expect(parse(":  57P01: ").sqlState == .adminShutdown)
    #expect(parse(":  57P01:").sqlState == nil)
  }

  @Test(arguments: ["57P01", "00000", "3D000"])
  func acceptsStates(_ code: String) { #expect(SQLState(code)?.code == code) }

  @Test(arguments: ["", "5330", "533000", "57p01", "57P0 ", "57P0é"])
  func refusesWhatIsNoState(_ code: String) { #expect(SQLState(code) == nil) }
}
