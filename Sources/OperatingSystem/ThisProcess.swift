#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The process that the program runs in.
package enum ThisProcess {
  package static var id: Int32 { getpid() }

  package static func exit(_ status: Int32) -> Never { endProcess(status) }

  /// What can't be written is an error of the write, not our death: a reader that leaves (`| head`) is
  /// EPIPE, a file that has reached its greatest size EFBIG.
  package static func ignoreSignalsOfWriting() {
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  }

  /// Where one of the three is closed, the next file or socket would get its number, and the report
  /// with it. What takes its place can't be written to, so that a report for nobody is still an error.
  package static func occupyStandardDescriptors() {
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}

/// exit(3) by a name that the method above doesn't hide.
private func endProcess(_ status: Int32) -> Never { exit(status) }
