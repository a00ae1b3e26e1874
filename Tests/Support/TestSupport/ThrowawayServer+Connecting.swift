import OperatingSystem
import PostgresClient

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ThrowawayServer {
  /// How a client reaches this server.
  /// - Parameter viaTCP: by 127.0.0.1 and the port, instead of the unix socket.
  public func parameters(
    user: String = "postgres", database: String = "postgres", application: String = "",
    viaTCP: Bool = false
  ) -> ConnectionParameters {
    ConnectionParameters([
      "host": viaTCP ? "127.0.0.1" : folder, "port": "\(port)", "user": user, "dbname": database,
      "application_name": application, "sslmode": "disable", "gssencmode": "disable",
    ])
  }

  /// The same as a URI, by TCP unless said otherwise.
  public func uri(
    user: String = "postgres", database: String = "postgres", viaTCP: Bool = true
  ) -> String {
    if viaTCP { return "postgresql://\(user)@127.0.0.1:\(port)/\(database)" }
    let socket = folder.split(separator: "/").map { "%2F" + $0 }.joined()
    return "postgresql://\(user)@\(socket):\(port)/\(database)"
  }

  /// - Parameter patience: how long it waits for the slots of those who have left.
  public func connect(
    application: String = "", user: String = "postgres", database: String = "postgres",
    viaTCP: Bool = false, patience: Duration = .seconds(10)
  ) throws -> Connection {
    try Connection.open(
      parameters(user: user, database: database, application: application, viaTCP: viaTCP),
      patience: patience)
  }

  /// Runs one statement as superuser, on a connection of its own.
  @discardableResult
  public func execute(_ sql: String, database: String = "postgres") throws -> QueryResult {
    try connect(database: database).execute(sql)
  }
}

extension Connection {
  /// Opens one where a slot may still be held by a client that has left, or was refused: a server
  /// and a pooler give it back some moments after the client knows.
  /// - Parameter patience: how long it is tried again.
  /// - Throws: the refusal, where there is no slot after that time, and anything else at once.
  public static func open(
    _ parameters: ConnectionParameters, patience: Duration
  ) throws(PostgresError) -> Connection {
    let end = Deadline(after: patience)
    while true {
      do {
        return try open(parameters, deadline: Deadline(after: .seconds(20)))
      } catch {
        guard let message = error.serverMessage, !end.hasPassed,
          message.sqlState == .tooManyConnections || message.words.contains("max_client_conn")
        else { throw error }
        usleep(10_000)
      }
    }
  }

  /// Runs one statement, named by itself.
  @discardableResult
  public func execute(_ sql: String, timeout: Duration = .seconds(60)) throws -> QueryResult {
    try query(Statement(name: sql, sql: sql), deadline: Deadline(after: timeout))
  }

  /// The value of an SQL expression (`count(*)` needs a subselect in parentheses) as text.
  public func text(_ expression: String) throws -> String? {
    let result = try execute("SELECT (\(expression))::text AS value")
    return try result.onlyRow()[try result.column("value", as: String.self)]
  }
}
