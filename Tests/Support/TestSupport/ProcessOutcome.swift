#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a process ended, what it wrote, and what it cost.
public struct ProcessOutcome: Sendable {
  public enum Termination: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
  }

  public let termination: Termination
  public let stdoutBytes: [UInt8]
  public let stderrBytes: [UInt8]
  /// From just before the start until it was reaped.
  public let wallSeconds: Double
  /// User and system time of the process and of those children that it waited for.
  public let cpuSeconds: Double
  /// The most memory it had resident. On Linux never less than the caller's own peak, since the
  /// kernel counts the moment before exec; `bench` measures through a small launcher therefore.
  public let peakResidentBytes: Int

  public var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }
  public var stderr: String { String(decoding: stderrBytes, as: UTF8.self) }

  /// By a signal that it did not handle.
  var wasKilled: Bool {
    if case .signalled = termination { true } else { false }
  }

  /// The exit status as a shell has it: 128 and the signal for one that was killed.
  public var status: Int32 {
    switch termination {
    case .exited(let status): status
    case .signalled(let signal): 128 + signal
    }
  }
}

/// A child that has ended: its wait status and its costs.
struct Reaped {
  let termination: ProcessOutcome.Termination
  let cpuSeconds: Double
  let peakResidentBytes: Int

  /// Reaps `pid`; nil while it runs and `blocking` is off.
  static func wait(_ pid: pid_t, blocking: Bool) throws -> Reaped? {
    var status: Int32 = 0
    var usage = rusage()
    while true {
      let reaped = wait4(pid, &status, blocking ? 0 : WNOHANG, &usage)
      if reaped == 0 { return nil }
      if reaped == pid { return Reaped(status: status, usage: usage) }
      guard errno == EINTR else {
        throw SupportError("process \(pid) can't be waited for: errno \(errno)")
      }
    }
  }

  private init(status: Int32, usage: rusage) {
    let signal = status & 0x7f
    termination = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    #if canImport(Darwin)
      peakResidentBytes = Int(usage.ru_maxrss)
    #else
      peakResidentBytes = Int(usage.ru_maxrss) * 1024
    #endif
  }
}
