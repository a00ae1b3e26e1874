#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension RunningChild {
  /// posix_spawn(3): with these streams and no other descriptor; with signals as any program expects
  /// them; as the leader of a session.
  static func spawn(
    _ words: ChildCommand.Words, environment: [String], streams: [PipeEnd]
  ) throws(SystemError) -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
      let newSession = Int32(POSIX_SPAWN_SETSID)
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
      // POSIX_SPAWN_SETSID, which is not imported.
      let newSession: Int32 = 0x80
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in streams.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, stream.descriptor, Int32(number))
    }
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What we ignore or hold back is no affair of its.
    var (every, none) = (sigset_t(), sigset_t())
    sigfillset(&every)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &every)
    posix_spawnattr_setsigmask(&attributes, &none)
    let flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK) | newSession
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let arguments =
      switch words {
      case .arguments(let words): words
      case .shell(let line): ["/bin/sh", "-c", line]
      }
    // A word cannot hold what ends it.
    guard let program = arguments.first, !program.isEmpty,
      !arguments.contains(where: { $0.utf8.contains(0) })
    else { throw SystemError(.run, arguments.first ?? "", .refused(errno: EINVAL)) }
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    // libpq leaves the socket of a cancel request unmarked, and whoever started us may have left us
    // more, such as a lock. We never have as many as this.
    for descriptor in Int32(3)..<1024 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, program, &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw SystemError(.run, program, .refused(errno: code)) }
    return pid
  }
}
