import PostgresClient
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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

  /// Raises the limit on open descriptors: each session is one.
  static func allowDescriptors(_ count: Int) throws {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    getrlimit(resource, &limit)
    guard limit.rlim_cur < rlim_t(count) else { return }
    guard limit.rlim_max >= rlim_t(count) else {
      throw SupportError(
        "\(count) open files are needed but only \(limit.rlim_max) allowed; raise `ulimit -Hn`, or "
          + "pass smaller --sizes")
    }
    limit.rlim_cur = rlim_t(count)
    guard setrlimit(resource, &limit) == 0 else {
      throw SupportError("the limit on open files can't be raised: errno \(errno)")
    }
  }
}
