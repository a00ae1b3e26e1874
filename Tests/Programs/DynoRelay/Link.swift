#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Bytes that one side has sent and the other has not taken yet. While it is full its sender is
/// not read, so that TCP holds the sender back.
struct Backlog {
  private static let limit = 65536
  private var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }
  var hasRoom: Bool { bytes.count < Self.limit }

  mutating func fill(from socket: Socket) -> Transfer {
    withUnsafeTemporaryAllocation(byteCount: Self.limit - bytes.count, alignment: 1) { buffer in
      let transfer = socket.receive(into: buffer)
      if case .moved(let count) = transfer { bytes += buffer[..<count] }
      return transfer
    }
  }

  mutating func drain(into socket: Socket) -> Transfer {
    let transfer = bytes.withUnsafeBytes { socket.sendSome($0) }
    if case .moved(let count) = transfer { bytes.removeFirst(count) }
    return transfer
  }

  mutating func clear() { bytes = [] }
}

/// One client connection and the connection to the server that belongs to it.
struct Link {
  private(set) var client: Socket?
  private(set) var server: Socket?
  private var isConnecting = true
  private var toServer = Backlog()
  private var toClient = Backlog()
  private var clientHasEnded = false
  private var endPassedOn = false
  private var serverHasEnded = false

  init(client: Socket, server: Socket) {
    self.client = client
    self.server = server
  }

  var isGone: Bool { client == nil && server == nil }
  private var hasVanished: Bool { client == nil }

  // MARK: - What it waits for

  var clientEntry: pollfd {
    var events = 0
    if !clientHasEnded && toServer.hasRoom { events |= Int(POLLIN) }
    if !toClient.isEmpty { events |= Int(POLLOUT) }
    return pollfd(fd: client?.descriptor ?? -1, events: Int16(events), revents: 0)
  }

  var serverEntry: pollfd {
    var events = 0
    if isConnecting || !toServer.isEmpty { events |= Int(POLLOUT) }
    if !isConnecting && !serverHasEnded && toClient.hasRoom { events |= Int(POLLIN) }
    let isOver = serverHasEnded  // only the client is waited for
    return pollfd(fd: isOver ? -1 : server?.descriptor ?? -1, events: Int16(events), revents: 0)
  }

  // MARK: - What it does

  mutating func handle(clientEvents: Int16, serverEvents: Int16) {
    if isConnecting {
      if serverEvents != 0 {
        guard let server, server.hasConnected else { return end() }
        isConnecting = false
      }
      if clientEvents & Int16(POLLERR) != 0 { return end() }
    }
    if hasVanished {
      if serverEvents != 0 { discard() }
      return
    }
    if clientEvents != 0 { readClient(clientEvents) }
    if serverEvents != 0 && !isConnecting { readServer(serverEvents) }
    moveOn()
  }

  private mutating func readClient(_ events: Int16) {
    // A reset client: POLLHUP comes only when both directions are over.
    if events & Int16(POLLERR | POLLHUP) != 0 { return end() }
    guard events & Int16(POLLIN) != 0, toServer.hasRoom, let client else { return }
    switch toServer.fill(from: client) {
    case .moved, .wouldBlock: break
    case .ended: clientHasEnded = true
    case .failed: end()
    }
  }

  private mutating func readServer(_ events: Int16) {
    guard let server, events & Int16(POLLIN | POLLERR | POLLHUP) != 0 else { return }
    guard toClient.hasRoom else { return events & Int16(POLLIN) == 0 ? end() : () }
    switch toClient.fill(from: server) {
    case .moved, .wouldBlock: break
    case .ended, .failed: serverHasEnded = true
    }
  }

  /// Sends what can be sent, and passes on each side's end when all before it has gone.
  private mutating func moveOn() {
    guard let client, let server else { return }
    if !isConnecting && !serverHasEnded {
      if !toServer.isEmpty && toServer.drain(into: server) == .failed { toServer.clear() }
      if clientHasEnded && toServer.isEmpty && !endPassedOn {
        server.endSending()
        endPassedOn = true
      }
    }
    if !toClient.isEmpty && toClient.drain(into: client) == .failed { return end() }
    if serverHasEnded && toClient.isEmpty { end() }
  }

  /// The server goes on talking to a client that is no more.
  private mutating func discard() {
    guard let server else { return }
    let transfer = toClient.fill(from: server)
    toClient.clear()
    if transfer == .ended || transfer == .failed { end() }
  }

  /// The client's host is lost: what it had sent is too, and the server learns nothing.
  mutating func vanish() {
    if isConnecting || serverHasEnded || endPassedOn { return end() }
    client?.end()
    client = nil
    toServer.clear()
    toClient.clear()
  }

  /// Closes both sides in order.
  mutating func end() {
    client?.end()
    server?.end()
    (client, server) = (nil, nil)
  }
}
