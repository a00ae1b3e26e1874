import SessionAudit

extension SavedReport {
  /// The columns of one session, without the numbers of its role and database.
  static func session(_ json: JSONField) throws(InputFileError) -> Session {
    var session = Session(
      pid: try json["pid"].requiredInt(in: 1...Int32.max),
      applicationName: try json["application_name"].string() ?? "")
    session.backendStart = try json["backend_start"].time()
    session.user = try json["user"].string()
    session.database = try json["database"].string()
    session.backendType = try backendType(json["backend_type"], start: session.backendStart)
    session.clientAddress = try json["client_address"].string()
    session.clientPort = try clientPort(json["client_port"], of: session)
    session.leaderPID = try json["leader_pid"].int(in: 1...Int32.max)
    session.state = try json["state"].string().map { SessionState($0) }
    session.stateChange = try json["state_change"].time()
    session.queryStart = try json["query_start"].time()
    session.transactionStart = try json["transaction_start"].time()
    session.waitEventType = try json["wait_event_type"].string()
    session.waitEvent = try json["wait_event"].string()
    session.lastCommand = try json["last_command"].string()
    session.query = try json["query"].string()
    if let query = session.query {
      session.endsWithDiscardAll = isDiscardAll(query)
    } else if session.lastCommand == "DISCARD" {
      // Reports of before say it only of those without a name.
      let said = try json["discards_all"].bool()
      session.endsWithDiscardAll =
        if let said { said } else if session.applicationName.isEmpty {
          try mayBePooled(json["protections"])
        } else { true }
    }
    return session
  }

  /// Without the query's text, what was saved of its protections tells DISCARD ALL from other
  /// DISCARDs; where that is missing it is taken to be a pooler's.
  private static func mayBePooled(_ protections: JSONField) throws(InputFileError) -> Bool {
    guard let protections = try protections.elements() else { return true }
    for protection in protections where try protection["kind"].string() == "pooled" { return true }
    return false
  }

  /// Whoever writes a session by hand means a client's; null is what a role without rights sees.
  private static func backendType(
    _ field: JSONField, start: Timestamp?
  ) throws(InputFileError) -> String? {
    if !field.isThere && start != nil { return "client backend" }
    return try field.string()
  }

  /// Where it is left out, a session that is to be seen and has no address is one over a socket.
  private static func clientPort(
    _ field: JSONField, of session: Session
  ) throws(InputFileError) -> Int32? {
    if !field.isThere && session.clientAddress == nil && session.backendType != nil { return -1 }
    return try field.int(in: -1...65_535)
  }

  private static func isDiscardAll(_ query: String) -> Bool {
    let bytes = query.utf8.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 - 32 : $0 }
    func isPadding(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == UInt8(ascii: ";") }
    guard let first = bytes.firstIndex(where: { !isPadding($0) }),
      let last = bytes.lastIndex(where: { !isPadding($0) })
    else { return false }
    return bytes[first...last].elementsEqual("DISCARD ALL".utf8)
  }

  /// nil where the session was not examined. Words of later versions are passed over.
  static func holdings(_ field: JSONField) throws(InputFileError) -> Set<Holding>? {
    guard let elements = try field.elements() else { return nil }
    var held: Set<Holding> = []
    for element in elements {
      if let holding = Holding(rawValue: try element.requiredString()) { held.insert(holding) }
    }
    return held
  }
}
