import PostgresClient
import TestSupport

/// Sessions that have run one query each and are idle now, as a pool leaves them.
struct IdleSessions {
  private let server: ThrowawayServer
  private var connections: [Connection] = []

  init(server: ThrowawayServer) { self.server = server }

  mutating func grow(to size: Int) throws {
    while connections.count < size {
      let number = connections.count
      let connection = try server.connect(
        application: "application-\(number % 200)", database: "shop")
      // About 100 bytes of text, which is what pg_stat_activity then shows.
      try connection.execute(
        "SELECT \(number) AS order_number, 'a customer with a name' AS customer, now() AS asked_at -- of page 17"
      )
      connections.append(connection)
    }
  }
}
