import OperatingSystem
import PostgresClient
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Stands between clients and a server, and keeps back the words of a client that contain a text,
/// the nth time that it is said, until it is opened: what a test does meanwhile happens at exactly
/// that moment. What the server says goes through all the time, its end too.
public final class Gate: Sendable {
  private let listener: LoopbackListener
  private let upstream: Int
  private let text: [UInt8]
  private let occurrence: Int
  private let state = Mutex((seen: 0, isOpen: false))

  public var port: Int { listener.port }
  /// How often the text was said so far.
  public var seen: Int { state.withLock { $0.seen } }

  /// Starts to take connections for the server on `port` of 127.0.0.1.
  /// - Parameters:
  ///   - text: of a statement; libpq sends a short one in one piece.
  ///   - occurrence: the first by default; 0 keeps nothing back, and only counts.
  public init(port: Int, before text: String, occurrence: Int = 1) throws {
    listener = try LoopbackListener()
    upstream = port
    self.text = Array(text.utf8)
    self.occurrence = occurrence
    startThread { [self] in
      while let client = try? listener.acceptOne() { startThread { [self] in serve(client) } }
    }
  }

  /// Returns when the text has come so far.
  public func waitUntilReached(timeout: Duration = .seconds(60)) throws {
    let deadline = Deadline(after: timeout)
    while seen < occurrence {
      if deadline.hasPassed {
        throw SupportError("\(String(decoding: text, as: UTF8.self)) was said \(seen) times only")
      }
      usleep(1_000)
    }
  }

  public func open() { state.withLock { $0.isOpen = true } }

  private func serve(_ client: Int32) {
    defer { close(client) }
    guard let server = ScriptedProxy.connect(upstream) else { return }
    defer { close(server) }
    var held: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let end = Deadline(after: .seconds(120))
    while !end.hasPassed {
      var entries = [
        pollfd(fd: held.isEmpty ? client : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&entries, 2, held.isEmpty ? 1000 : 2)
      if !held.isEmpty, state.withLock({ $0.isOpen }) {
        guard Spawn.writeAll(server, held) else { return }
        held = []
      }
      guard count > 0 else { continue }
      if entries[1].revents != 0 {
        guard let words = Self.read(server, &buffer), Spawn.writeAll(client, words) else { return }
      }
      if entries[0].revents != 0 {
        guard let words = Self.read(client, &buffer) else { return }
        if keepsBack(words) {
          held = words
        } else if !Spawn.writeAll(server, words) {
          return
        }
      }
    }
  }

  private func keepsBack(_ words: [UInt8]) -> Bool {
    guard words.firstRange(of: text) != nil else { return false }
    return state.withLock { state in
      state.seen += 1
      return state.seen == occurrence && !state.isOpen
    }
  }

  /// nil: the other side is gone.
  private static func read(_ descriptor: Int32, _ buffer: inout [UInt8]) -> [UInt8]? {
    #if canImport(Glibc)
      let count = Glibc.read(descriptor, &buffer, buffer.count)
    #else
      let count = Darwin.read(descriptor, &buffer, buffer.count)
    #endif
    return count > 0 ? Array(buffer[..<count]) : nil
  }
}
