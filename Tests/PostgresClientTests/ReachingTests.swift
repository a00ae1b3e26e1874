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

/// Servers that are not there, don't answer, or answer nonsense.
@Suite(.serialized, .sideBySide)
struct ReachingTests {
  private func parameters(_ host: String, _ port: Int) -> ConnectionParameters {
    ConnectionParameters([
      "host": host, "port": "\(port)", "user": "u", "dbname": "d", "sslmode": "disable",
      "gssencmode": "disable",
    ])
  }

  private func failure(
    _ parameters: ConnectionParameters, within limit: Duration = .seconds(5),
    interruption: Interruption? = nil
  ) -> (error: PostgresError?, took: Duration) {
    let start = ContinuousClock.now
    let error = #expect(throws: PostgresError.self) {
      _ = try Connection.open(
        parameters, deadline: Deadline(after: limit), interruption: interruption)
    }
    return (error, start.duration(to: .now))
  }

  private func expectNotConnected(_ error: PostgresError?, saying text: String? = nil) {
    guard case .notConnected(let message, needsPassword: false)? = error else {
      Issue.record("\(String(describing: error)) is no notConnected")
      return
    }
    #expect(message.sqlState == nil)
    #expect(!message.message.isEmpty)
    if let text { #expect(message.message.contains(text)) }
  }

  private func expectTimeout(_ parameters: ConnectionParameters) {
    let took = shortest(within: .milliseconds(1100)) {
      let failure = failure(parameters, within: .seconds(1))
      guard case .timedOut(during: .connecting, after: .seconds(1))? = failure.error else {
        Issue.record("\(String(describing: failure.error)) is no timeout of 1 s")
        return .zero
      }
      #expect(failure.took >= .seconds(1))
      return failure.took
    }
    #expect(took < .milliseconds(1100), "\(took)")
  }

  @Test func nobodyListens() throws {
    let refusing = try LoopbackListener(backlog: nil)
    expectNotConnected(failure(parameters("127.0.0.1", refusing.port)).error, saying: "refused")
    withExtendedLifetime(refusing) {}
  }

  @Test func noSuchSocket() {
    expectNotConnected(failure(parameters("/tmp/pgs-no-such-folder", 5432)).error)
  }

  @Test func unknownHost() {
    let failure = failure(parameters("no-such-host.invalid", 5432), within: .seconds(20))
    expectNotConnected(failure.error, saying: "no-such-host.invalid")
  }

  /// Accepted by the kernel, and never answered.
  @Test func aServerThatNeverAnswers() throws {
    let listener = try LoopbackListener()
    expectTimeout(parameters("127.0.0.1", listener.port))
  }

  #if canImport(Glibc)
    /// A queue that is full drops further SYNs, as a firewall does.
    @Test func aBlackHole() throws {
      let listener = try LoopbackListener(backlog: 0)
      var fillers: [Int32] = []
      defer { for filler in fillers { close(filler) } }
      for _ in 0..<4 { fillers.append(try listener.startClient()) }
      usleep(100_000)
      expectTimeout(parameters("127.0.0.1", listener.port))
    }
  #endif

  @Test func anInterruptionEndsTheAttempt() throws {
    let listener = try LoopbackListener()
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    defer { for end in [reader, writer] { close(end) } }
    let other = Background {
      usleep(200_000)
      return write(writer, "x", 1)
    }
    let failure = failure(
      parameters("127.0.0.1", listener.port), interruption: Interruption(descriptor: reader))
    guard case .interrupted? = failure.error else {
      Issue.record("\(String(describing: failure.error)) is no interruption")
      return
    }
    #expect(failure.took >= .milliseconds(150) && failure.took < .seconds(4))
    _ = try other.value()
  }

  /// What each fake server sends before it closes.
  struct Answer: CustomTestStringConvertible {
    let bytes: [UInt8]
    var testDescription: String { "\(bytes.count) bytes: \(bytes.prefix(12))" }
  }

  @Test(
    arguments: [
      [], Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), [0], Array("E".utf8),
      [UInt8(ascii: "E"), 0xff, 0xff, 0xff, 0xff], [UInt8(ascii: "E"), 0, 0, 0, 4],
      [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 99], [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 0],
      [UInt8](repeating: 0xfe, count: 70_000),
      [UInt8(ascii: "E"), 0, 0, 0, 9, UInt8(ascii: "C"), 0xff, 0xfe, 0, 0],
    ].map(Answer.init(bytes:)))
  func nonsenseIsAnError(_ answer: Answer) throws {
    let listener = try LoopbackListener()
    let server = Background {
      let client = try listener.acceptOne()
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = read(client, &buffer, buffer.count)
      _ = answer.bytes.withUnsafeBytes {
        send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      close(client)
      return 0
    }
    let failure = failure(parameters("127.0.0.1", listener.port))
    guard case .notConnected? = failure.error else {
      Issue.record("\(String(describing: failure.error)) is no notConnected")
      return
    }
    _ = try server.value()
  }
}
