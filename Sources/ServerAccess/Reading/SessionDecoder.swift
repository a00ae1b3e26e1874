import PostgresClient
import SessionAudit

/// Turns the rows of audit/sessions.sql into sessions.
struct SessionDecoder {
  private let keepingQueries: Bool
  private let pid: Column<Int32>
  private let backendStart: Column<Int64>
  private let applicationName: Column<String>
  private let userID: Column<UInt32>
  private let databaseID: Column<UInt32>
  private let user: Column<String>
  private let database: Column<String>
  private let clientAddress: Column<String>
  private let clientPort: Column<Int32>
  private let backendType: Column<String>
  private let leaderPID: Column<Int32>
  private let state: Column<String>
  private let stateChange: Column<Int64>
  private let queryStart: Column<Int64>
  private let transactionStart: Column<Int64>
  private let waitEventType: Column<String>
  private let waitEvent: Column<String>
  private let query: Column<String>
  private let command: Column<LastCommand>

  init(_ result: QueryResult, keepingQueries: Bool) throws(PostgresError) {
    self.keepingQueries = keepingQueries
    pid = try result.column("pid")
    backendStart = try result.column("backend_start")
    applicationName = try result.column("application_name")
    userID = try result.column("usesysid")
    databaseID = try result.column("datid")
    user = try result.column("usename")
    database = try result.column("datname")
    clientAddress = try result.column("client_address")
    clientPort = try result.column("client_port")
    backendType = try result.column("backend_type")
    leaderPID = try result.column("leader_pid")
    state = try result.column("state")
    stateChange = try result.column("state_change")
    queryStart = try result.column("query_start")
    transactionStart = try result.column("xact_start")
    waitEventType = try result.column("wait_event_type")
    waitEvent = try result.column("wait_event")
    query = try result.column("query")
    command = try result.column("query")
  }

  func session(_ row: Row) throws(PostgresError) -> Session {
    var session = Session(pid: try row.required(pid), applicationName: row[applicationName] ?? "")
    session.backendStart = row[backendStart].map(Timestamp.init(microseconds:))
    session.userID = row[userID]
    session.databaseID = row[databaseID]
    session.user = row[user]
    session.database = row[database]
    session.clientAddress = row[clientAddress]
    session.clientPort = row[clientPort]
    session.backendType = row[backendType]
    session.leaderPID = row[leaderPID]
    session.state = row[state].map { SessionState($0) }
    session.stateChange = row[stateChange].map(Timestamp.init(microseconds:))
    session.queryStart = row[queryStart].map(Timestamp.init(microseconds:))
    session.transactionStart = row[transactionStart].map(Timestamp.init(microseconds:))
    session.waitEventType = row[waitEventType]
    session.waitEvent = row[waitEvent]
    // A session that this role may not see has "<insufficient privilege>" for a query.
    guard session.backendType != nil else { return session }
    if let command = row[command] {
      session.lastCommand = command.word
      session.endsWithDiscardAll = command.isDiscardAll
      session.mayListen = command.mayListen
      session.endsTransaction = command.endsTransaction
      session.beginsBackup = command.beginsBackup
    }
    if keepingQueries { session.query = row[query] }
    return session
  }
}
