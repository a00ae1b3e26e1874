#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How many files this process may have open.
public enum Descriptors {
  /// Raises the limit to `count` where it is lower: each session of a client is one.
  public static func allow(_ count: Int) throws {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    getrlimit(resource, &limit)
    guard limit.rlim_cur < rlim_t(count) else { return }
    guard limit.rlim_max >= rlim_t(count) else {
      throw SupportError(
        "\(count) open files are needed but only \(limit.rlim_max) allowed: raise `ulimit -Hn`, or "
          + "ask for fewer sessions")
    }
    limit.rlim_cur = rlim_t(count)
    guard setrlimit(resource, &limit) == 0 else {
      throw SupportError("the limit on open files can't be raised: errno \(errno)")
    }
  }
}
