#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A listening TCP socket on 127.0.0.1, for tests that play the server.
public final class LoopbackListener: Sendable {
  public let descriptor: Int32
  public let port: Int

  #if canImport(Glibc)
    private static let stream = Int32(SOCK_STREAM.rawValue)
  #else
    private static let stream = SOCK_STREAM
  #endif

  /// - Parameters:
  ///   - wanted: its port; 0 for any that is free.
  ///   - backlog: how many may wait; nil for a port that refuses everybody, and that nobody else gets
  ///     meanwhile, as one that was closed again could be.
  public init(port wanted: Int = 0, backlog: Int32? = 16) throws {
    descriptor = socket(AF_INET, Self.stream, 0)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(wanted).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && (backlog.map { listen(descriptor, $0) } ?? 0) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    guard bound else { throw SupportError("no port on 127.0.0.1: errno \(errno)") }
  }

  deinit { close(descriptor) }

  /// Takes the next connection, blocking.
  public func acceptOne() throws -> Int32 {
    let accepted = accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw SupportError("accept(2) failed: errno \(errno)") }
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    return accepted
  }

  /// A client of this port that has begun to connect and never says a word.
  public func startClient() throws -> Int32 {
    let client = socket(AF_INET, Self.stream, 0)
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    _ = fcntl(client, F_SETFL, O_NONBLOCK)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = UInt16(port).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 || errno == EINPROGRESS else {
      throw SupportError("connect(2) failed: errno \(errno)")
    }
    return client
  }
}
