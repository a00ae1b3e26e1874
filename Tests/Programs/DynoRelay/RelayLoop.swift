#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One simulated host: where its clients connect to, and the address they come from.
private struct Dyno {
  let address: SocketAddress
  var listener: Socket?
  var links: [Link] = []
}

/// The single loop around poll(2) that moves all bytes and obeys standard input.
struct RelayLoop {
  private let upstream: SocketAddress
  /// By port. A dyno that has vanished stays for the sake of `count`.
  private var dynos: [Int: Dyno] = [:]
  private var commands: [UInt8] = []

  init(upstream: SocketAddress) { self.upstream = upstream }

  mutating func run() {
    while true {
      // Entry by entry in the order of `ports` and each dyno's links, which stays until handled.
      let ports = Array(dynos.keys)
      var entries = [pollfd(fd: 0, events: Int16(POLLIN), revents: 0)]
      for port in ports {
        entries.append(
          pollfd(
            fd: dynos[port]!.listener?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
        for link in dynos[port]!.links { entries += [link.clientEntry, link.serverEntry] }
      }
      guard poll(&entries, nfds_t(entries.count), -1) > 0 else {
        guard errno == EINTR else { return Socket.writeLine(1, "error poll: errno \(errno)") }
        continue
      }
      var next = 1
      for port in ports {
        let wantsAccept = entries[next].revents != 0
        next += 1
        for index in dynos[port]!.links.indices {
          let (client, server) = (entries[next].revents, entries[next + 1].revents)
          next += 2
          guard client != 0 || server != 0 else { continue }
          dynos[port]!.links[index].handle(clientEvents: client, serverEvents: server)
        }
        dynos[port]!.links.removeAll { $0.isGone }
        if wantsAccept { acceptClient(port) }
      }
      if entries[0].revents != 0 && !readCommands() { return }
    }
  }

  private mutating func acceptClient(_ port: Int) {
    guard let dyno = dynos[port], let client = dyno.listener?.acceptOne() else { return }
    guard let server = Socket(boundTo: dyno.address) else { return client.end() }
    guard server.startConnecting(to: upstream) else {
      server.end()
      return client.end()
    }
    dynos[port]!.links.append(Link(client: client, server: server))
  }

  /// - Returns: false when it is time to go.
  private mutating func readCommands() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(0, &buffer, buffer.count)
    guard count > 0 else { return count < 0 && errno == EINTR }
    commands += buffer[..<count]
    while let end = commands.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: commands[..<end], as: UTF8.self)
      commands.removeSubrange(...end)
      if line == "quit" { return false }
      Socket.writeLine(1, answer(line.split(separator: " ").map(String.init)))
    }
    return true
  }

  private mutating func answer(_ words: [String]) -> String {
    guard words.count == 2 else { return "error a command and one argument are needed" }
    if words[0] == "open" { return open(words[1]) }
    guard let port = Int(words[1]), let dyno = dynos[port] else {
      return "error no dyno has port \(words[1])"
    }
    switch words[0] {
    case "vanish":
      dyno.listener?.end()
      dynos[port]!.listener = nil
      for index in dyno.links.indices { dynos[port]!.links[index].vanish() }
      dynos[port]!.links.removeAll { $0.isGone }
      return "vanished \(dynos[port]!.links.count)"
    case "close":
      dyno.listener?.end()
      for var link in dyno.links { link.end() }
      dynos[port] = nil
      return "closed \(dyno.links.count)"
    case "count":
      let clients = dyno.links.count { $0.client != nil }
      let servers = dyno.links.count { $0.server != nil }
      return "count \(clients) \(servers)"
    default:
      return "error no command \(words[0])"
    }
  }

  private mutating func open(_ text: String) -> String {
    guard let address = SocketAddress(text), address.port == 0 else {
      return "error \(text) is no IPv4 address"
    }
    // Better to fail here than at a client's connect.
    guard let trial = Socket(boundTo: address) else {
      return "error \(text) can't be bound: \(String(cString: strerror(errno)))"
    }
    trial.end()
    guard let listener = Socket(boundTo: SocketAddress("127.0.0.1")), listener.startListening()
    else { return "error no port to listen on: \(String(cString: strerror(errno)))" }
    let port = listener.localPort
    dynos[port] = Dyno(address: address, listener: listener)
    return "port \(port)"
  }
}
