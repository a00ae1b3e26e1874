import OperatingSystem
import PostgresClient
import TestSupport
import TestTraits
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Servers that let us in and then talk without end, or ask for a COPY.
@Suite(.serialized, .sideBySide)
struct FloodTests {
  struct Message: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let type: Character
    let body: [UInt8]
    var repeats = true

    var bytes: [UInt8] {
      let length = UInt32(body.count + 4)
      return [type.asciiValue!]
        + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> UInt32($0)) } + body
    }
  }

  /// Lets one client in, and answers its first query with a message, once or for ever.
  private func server(_ listener: LoopbackListener, _ message: Message) -> Background<Int> {
    Background {
      let client = try listener.acceptOne()
      defer { close(client) }
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = read(client, &buffer, buffer.count)
      let welcome: [UInt8] =
        [82, 0, 0, 0, 8, 0, 0, 0, 0] + [90, 0, 0, 0, 5, UInt8(ascii: "I")]
      _ = welcome.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      _ = read(client, &buffer, buffer.count)
      let block =
        message.repeats ? Array(repeatElement(message.bytes, count: 200).joined()) : message.bytes
      var sent = 0
      repeat {
        sent = block.withUnsafeBytes {
          send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
      } while sent > 0 && message.repeats
      // Until the client has had enough.
      while read(client, &buffer, buffer.count) > 0 {}
      return 0
    }
  }

  @Test(arguments: [
    Message(testDescription: "notices", type: "N", body: Array("SNOTICE\0Mtalk\0\0".utf8)),
    Message(testDescription: "parameters", type: "S", body: Array("a\0b\0".utf8)),
    Message(
      testDescription: "notifications", type: "A", body: [0, 0, 0, 1] + Array("c\0p\0".utf8)),
  ])
  func aFloodEndsAtTheDeadline(_ message: Message) throws {
    let took = try shortest(within: .seconds(2)) { () throws -> Duration in
      let listener = try LoopbackListener()
      let peer = server(listener, message)
      let connection = try Connection.open(
        ConnectionParameters([
          "host": "127.0.0.1", "port": "\(listener.port)", "user": "u", "dbname": "d",
          "sslmode": "disable", "gssencmode": "disable",
        ]), deadline: Deadline(after: .seconds(5)))
      let started = ContinuousClock.now
      let error = #expect(throws: PostgresError.self) {
        try connection.query(
          Statement(name: "q", sql: "SELECT 1"), deadline: Deadline(after: .milliseconds(700)))
      }
      guard case .timedOut? = error else {
        Issue.record("\(String(describing: error)) is no timeout")
        return .zero
      }
      _ = peer
      return started.duration(to: .now)
    }
    #expect(took < .seconds(2), "\(took)")
  }

  @Test(arguments: ["G", "H", "W"])
  func aCopyIsRefusedAtOnce(_ type: String) throws {
    let listener = try LoopbackListener()
    let peer = server(
      listener,
      Message(testDescription: type, type: Character(type), body: [0, 0, 0], repeats: false))
    let connection = try Connection.open(
      ConnectionParameters([
        "host": "127.0.0.1", "port": "\(listener.port)", "user": "u", "dbname": "d",
        "sslmode": "disable", "gssencmode": "disable",
      ]), deadline: Deadline(after: .seconds(5)))
    let error = #expect(throws: PostgresError.self) {
      try connection.query(
        Statement(name: "q", sql: "SELECT 1"), deadline: Deadline(after: .seconds(2)))
    }
    guard case .unexpectedResult? = error else {
      Issue.record("\(String(describing: error)) is no unexpectedResult")
      return
    }
    _ = peer
  }
}
