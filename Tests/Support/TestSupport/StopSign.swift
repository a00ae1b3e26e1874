import OperatingSystem
import PostgresClient
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Tells many threads at once to stop, also those that wait for a server.
public final class StopSign: Sendable {
  private let reader: Int32
  private let writer: Int32
  private let given = Atomic(false)

  public init() throws { (reader, writer) = try Spawn.pipe() }

  deinit {
    close(reader)
    close(writer)
  }

  /// For connections: whatever they wait for ends with `PostgresError.interrupted`.
  public var interruption: Interruption { Interruption(descriptor: reader) }

  public var isGiven: Bool { given.load(ordering: .relaxed) }

  public func give() {
    guard !given.exchange(true, ordering: .relaxed) else { return }
    // Never read, so that it stays readable for all.
    _ = Spawn.writeAll(writer, [0])
  }
}
