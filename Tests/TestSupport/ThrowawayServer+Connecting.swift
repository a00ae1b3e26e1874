import PostgresClient

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

  public func connect(
    application: String = "", user: String = "postgres", database: String = "postgres",
    viaTCP: Bool = false
  ) throws -> Connection {
    try Connection.open(
      parameters(user: user, database: database, application: application, viaTCP: viaTCP),
      deadline: Deadline(after: .seconds(20)))
  }

  /// Runs one statement as superuser, on a connection of its own.
  @discardableResult
  public func execute(_ sql: String, database: String = "postgres") throws -> QueryResult {
    try connect(database: database).execute(sql)
  }
}

extension Connection {
  /// Runs one statement, named by itself.
  @discardableResult
  public func execute(_ sql: String, timeout: Duration = .seconds(20)) throws -> QueryResult {
    try query(Statement(name: sql, sql: sql), deadline: Deadline(after: timeout))
  }

  /// The value of an SQL expression (`count(*)` needs a subselect in parentheses) as text.
  public func text(_ expression: String) throws -> String? {
    let result = try execute("SELECT (\(expression))::text AS value")
    return try result.onlyRow()[try result.column("value", as: String.self)]
  }
}
