import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Plays a server on a loopback port that answers each start-up with bytes and hangs up: a refusal
/// in any words, or none.
public final class RefusingServer: Sendable {
  private let listener: LoopbackListener
  private let count = Mutex(0)

  public var port: Int { listener.port }
  /// Connections so far.
  public var connections: Int { count.withLock { $0 } }

  /// - Parameters:
  ///   - answers: to the first connection, to the second and so on; the last one to all that follow.
  ///   - afterwards: follows what a client that was let in sends next.
  ///   - declinesTLS: answers questions about encryption as a server without it does; otherwise they
  ///     get an answer too.
  public init(
    answers: [[UInt8]], afterwards: [UInt8]? = nil, declinesTLS: Bool = true
  ) throws {
    listener = try LoopbackListener()
    startThread { [self] in
      while let client = try? listener.acceptOne() {
        let place = count.withLock { count in
          count += 1
          return count - 1
        }
        startThread {
          Self.serve(client, answers[min(place, answers.count - 1)], afterwards, declinesTLS)
        }
      }
    }
  }

  public convenience init(state: String, message: String, function: String? = nil) throws {
    try self.init(answers: [Self.refusal(state: state, message: message, function: function)])
  }

  /// Lets a client in without a question, and says that it waits for a query.
  public static let welcome: [UInt8] =
    [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 0] + readyForQuery
  public static let readyForQuery = [UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I")]
  /// Asks for the password as it is.
  public static let passwordRequest: [UInt8] = [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 3]

  /// A refusal as a server words it, field by field.
  public static func refusal(
    state: String, message: String, detail: String? = nil, function: String? = nil
  ) -> [UInt8] {
    var fields = "SFATAL\0VFATAL\0C\(state)\0M\(message)\0"
    if let detail { fields += "D\(detail)\0" }
    if let function { fields += "Fx.c\0L1\0R\(function)\0" }
    let body = Array(fields.utf8) + [0]
    let length = withUnsafeBytes(of: UInt32(body.count + 4).bigEndian) { Array($0) }
    return [UInt8(ascii: "E")] + length + body
  }

  private static func serve(
    _ client: Int32, _ answer: [UInt8], _ afterwards: [UInt8]?, _ declinesTLS: Bool
  ) {
    defer { close(client) }
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let length = read(client, &buffer, buffer.count)
      guard length > 0 else { return }
      // SSLRequest and GSSENCRequest: 80877103 and 80877104.
      let asks = length == 8 && buffer[4] == 0x04 && buffer[5] == 0xD2 && buffer[6] == 0x16
      guard asks && declinesTLS else { break }
      guard Spawn.writeAll(client, [UInt8(ascii: "N")]) else { return }
    }
    _ = Spawn.writeAll(client, answer)
    if let afterwards, read(client, &buffer, buffer.count) > 0 {
      _ = Spawn.writeAll(client, afterwards)
    }
    // Until the other side has read it: a reset would take it away.
    shutdown(client, Int32(SHUT_WR))
    while read(client, &buffer, buffer.count) > 0 {}
  }
}
