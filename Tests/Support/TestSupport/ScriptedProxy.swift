import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Stands between a client and a server, counts the client's turns (its words after the server's)
/// and can fall silent or hang up at one of them.
public final class ScriptedProxy: Sendable {
  /// What happens at which turn.
  public enum Script: Sendable {
    case pass
    /// From the client's nth turn on nothing goes either way.
    case holdFromTurn(Int)
    /// At the client's nth turn both sides are closed.
    case closeAtTurn(Int)
  }

  private let listener: LoopbackListener
  private let upstream: Int
  private let script: Script
  private struct State {
    var connections = 0
    var turns = 0
    var open: Set<Int32> = []
    var mostAtOnce = 0
  }
  private let state = Mutex(State())

  public var port: Int { listener.port }
  public var connections: Int { state.withLock { $0.connections } }
  /// The most connections that clients held at one time.
  public var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }
  /// Of all connections together; the first is the start-up, the last is the good-bye.
  public var turns: Int { state.withLock { $0.turns } }

  /// Starts to take connections for the server on `port` of 127.0.0.1.
  public init(port: Int, script: Script = .pass) throws {
    listener = try LoopbackListener()
    upstream = port
    self.script = script
    startThread { [self] in
      while let client = try? listener.acceptOne() {
        state.withLock { state in
          state.connections += 1
          // Who has hung up has done so before it connected anew, if we have seen it or not.
          let others = state.open.filter { !Self.hasHungUp($0) }
          state.mostAtOnce = max(state.mostAtOnce, others.count + 1)
          state.open.insert(client)
        }
        startThread { [self] in serve(client) }
      }
    }
  }

  private func serve(_ client: Int32) {
    defer {
      state.withLock { _ = $0.open.remove(client) }
      close(client)
    }
    guard let server = Self.connect(upstream) else { return }
    defer { close(server) }
    var clientSpeaks = false
    var turn = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var entries = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0),
        pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&entries, 2, 30_000) > 0 else { return }
      let fromClient = entries[0].revents != 0
      let count = read(fromClient ? client : server, &buffer, buffer.count)
      guard count > 0 else { return }
      if fromClient && !clientSpeaks {
        turn += 1
        state.withLock { $0.turns += 1 }
      }
      clientSpeaks = fromClient
      switch script {
      case .holdFromTurn(let n) where turn >= n:
        // Until the client gives up.
        while read(client, &buffer, buffer.count) > 0 {}
        return
      case .closeAtTurn(let n) where turn >= n: return
      case .pass, .holdFromTurn, .closeAtTurn: break
      }
      var sent = 0
      while sent < count {
        let more = buffer.withUnsafeBytes {
          send(
            fromClient ? server : client, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
        }
        guard more > 0 else { return }
        sent += more
      }
    }
  }

  private static func hasHungUp(_ descriptor: Int32) -> Bool {
    #if canImport(Glibc)
      let end: Int16 = 0x2000  // POLLRDHUP, which the module hides
    #else
      let end = Int16(POLLHUP)
    #endif
    var entry = pollfd(fd: descriptor, events: end, revents: 0)
    return poll(&entry, 1, 0) > 0
  }

  static func connect(_ port: Int) -> Int32? {
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    let descriptor = socket(AF_INET, stream, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(port).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        #if canImport(Glibc)
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        #else
          Darwin.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        #endif
      }
    }
    guard status == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}
