import OperatingSystem
import PostgresClient
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// posix_spawn(3), with nothing inherited but the three standard streams.
enum Spawn {
  /// What a standard stream of the child is.
  enum Stream {
    case descriptor(Int32)
    case path(String, flags: Int32)

    static let null = Stream.path("/dev/null", flags: O_RDWR)
  }

  /// Starts `executable` (a path, no PATH search).
  /// - Parameter newSession: make it the leader of a session, out of reach of the terminal's
  ///   Ctrl-C; the first terminal that it opens becomes its controlling one.
  static func start(
    _ executable: String, _ arguments: [String], environment: [String: String],
    input: Stream, output: Stream, error: Stream, newSession: Bool = false
  ) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, stream) in [(Int32(0), input), (1, output), (2, error)] {
      switch stream {
      case .descriptor(let source): posix_spawn_file_actions_adddup2(&actions, source, target)
      case .path(let path, let flags):
        posix_spawn_file_actions_addopen(&actions, target, path, flags, 0o600)
      }
    }

    // The child begins with plain signal handling, whatever this process ignores or blocks.
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var every = sigset_t()
    var none = sigset_t()
    sigfillset(&every)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &every)
    posix_spawnattr_setsigmask(&attributes, &none)
    var flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
    #if canImport(Darwin)
      if newSession { flags |= Int32(POSIX_SPAWN_SETSID) }
      flags |= Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #else
      if newSession { flags |= 0x80 }  // POSIX_SPAWN_SETSID, which is not imported
    #endif
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    var argv = ([executable] + arguments).map { strdup($0) } + [nil]
    var envp = variables.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let status = noOtherStart.withLock { _ in
      // Foundation opens files without this mark: a program that is just being written could not be
      // run ("Text file busy") for as long as a child lives that begins meanwhile.
      for descriptor in Int32(3)..<1024 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      return posix_spawn(&pid, executable, &actions, &attributes, &argv, &envp)
    }
    guard status == 0 else {
      throw SupportError("\(executable) can't be started: \(String(cString: strerror(status)))")
    }
    return pid
  }

  /// A pipe that no child inherits by accident: an end left open in a child would hide the EOF
  /// that guardians and relays wait for.
  static func pipe() throws -> (reader: Int32, writer: Int32) {
    try noOtherStart.withLock { _ in
      var ends: [Int32] = [-1, -1]
      #if canImport(Darwin)
        let status = Darwin.pipe(&ends)
      #else
        let status = Glibc.pipe(&ends)
      #endif
      guard status == 0 else {
        throw SupportError("no pipe could be made: \(String(cString: strerror(errno)))")
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      return (ends[0], ends[1])
    }
  }

  /// Held while a child starts and while a descriptor is still without its close-on-exec mark.
  private static let noOtherStart = Mutex(())

  /// A write to a child that is gone must be an error here, not this process's death.
  static let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}

/// Milliseconds for poll(2), rounded up.
func pollMilliseconds(_ deadline: Deadline) -> Int32 {
  let (seconds, attoseconds) = deadline.remaining.components
  let milliseconds = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  return Int32(min(seconds * 1000 + milliseconds, 1 << 30))
}

/// Seconds with their fraction.
public func seconds(_ duration: Duration) -> Double {
  let (seconds, attoseconds) = duration.components
  return Double(seconds) + Double(attoseconds) / 1e18
}

extension Spawn {
  /// Writes all of it to a blocking descriptor.
  static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { return false }
      if count > 0 { rest = rest.dropFirst(count) }
    }
    return true
  }
}
