#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs a program with its output thrown away and prints what it cost, as four numbers: exit
/// status (128 and the signal for a killed one), wall and CPU microseconds, peak memory in KiB.
/// Small on purpose: the kernel counts the memory of whoever starts a program as the program's
/// own until exec, and `bench` itself holds thousands of connections.
@main
enum Entrypoint {
  static func main() {
    let command = Array(CommandLine.arguments.dropFirst())
    guard !command.isEmpty else { fail("usage: measure PROGRAM [ARGUMENT…]") }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    var arguments = command.map { strdup($0) } + [nil]

    var pid: pid_t = 0
    let start = ContinuousClock.now
    let error = posix_spawn(&pid, command[0], &actions, nil, &arguments, environ)
    guard error == 0 else { fail("\(command[0]): \(String(cString: strerror(error)))") }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, 0, &usage) != pid {
      guard errno == EINTR else { fail("wait4(2) failed: errno \(errno)") }
    }
    let (seconds, attoseconds) = start.duration(to: .now).components

    let wall = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
    let cpu =
      (Int(usage.ru_utime.tv_sec) + Int(usage.ru_stime.tv_sec)) * 1_000_000
      + Int(usage.ru_utime.tv_usec) + Int(usage.ru_stime.tv_usec)
    #if canImport(Darwin)
      let memory = Int(usage.ru_maxrss) / 1024
    #else
      let memory = Int(usage.ru_maxrss)
    #endif
    let signal = status & 0x7f
    print(signal == 0 ? (status >> 8) & 0xff : 128 + signal, wall, cpu, memory)
  }

  private static func fail(_ text: String) -> Never {
    let line = Array("measure: \(text)\n".utf8)
    _ = write(2, line, line.count)
    exit(1)
  }
}
