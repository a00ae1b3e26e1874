#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An IPv4 address and a port.
struct SocketAddress {
  var raw: sockaddr_in

  /// Reads `127.0.0.1:5432`; without a port it is 0, any.
  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let port = parts.count == 2 ? UInt16(parts[1]) : 0 else { return nil }
    raw = sockaddr_in()
    raw.sin_family = sa_family_t(AF_INET)
    raw.sin_port = port.bigEndian
    guard inet_pton(AF_INET, String(parts[0]), &raw.sin_addr) == 1 else { return nil }
  }

  var port: Int { Int(UInt16(bigEndian: raw.sin_port)) }

  mutating func withPointer<Result>(
    _ body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Result
  ) -> Result {
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &raw) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
  }
}

/// What happened to a read or write that may not block.
enum Transfer: Equatable {
  case moved(Int)
  case wouldBlock
  case ended
  case failed
}

/// A TCP socket that never blocks.
struct Socket {
  let descriptor: Int32

  /// - Parameter address: bound to it, if given.
  init?(boundTo address: SocketAddress?) {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { return nil }
    prepare()
    guard var address else { return }
    let status = address.withPointer { bind(descriptor, $0, $1) }
    guard status == 0 else {
      let cause = errno
      close(descriptor)
      errno = cause
      return nil
    }
  }

  private init(accepted: Int32) {
    descriptor = accepted
    prepare()
  }

  private func prepare() {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var on: Int32 = 1
    // Small messages go on at once, or each query would cost 40 ms.
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
  }

  func startListening() -> Bool { listen(descriptor, 256) == 0 }

  var localPort: Int {
    var address = SocketAddress("0.0.0.0")!
    _ = address.withPointer { getsockname(descriptor, $0, &$1) }
    return address.port
  }

  func acceptOne() -> Socket? {
    let accepted = accept(descriptor, nil, nil)
    return accepted >= 0 ? Socket(accepted: accepted) : nil
  }

  /// Begins to connect; the socket becomes writable when that is decided.
  func startConnecting(to address: SocketAddress) -> Bool {
    var address = address
    return address.withPointer { connect(descriptor, $0, $1) } == 0 || errno == EINPROGRESS
  }

  /// Whether a connect that was begun has come about.
  var hasConnected: Bool {
    var status: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &length) == 0 && status == 0
  }

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    if count > 0 { return .moved(count) }
    if count == 0 { return .ended }
    return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed
  }

  func sendSome(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    let count = send(descriptor, bytes.baseAddress, bytes.count, 0)
    if count >= 0 { return .moved(count) }
    return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed
  }

  /// Sends the FIN, and can still receive.
  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  func end() { close(descriptor) }

  static func writeLine(_ descriptor: Int32, _ text: String) {
    var bytes = Array((text + "\n").utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { exit(1) }  // whoever asked is gone
      bytes = bytes.dropFirst(count)
    }
  }
}
