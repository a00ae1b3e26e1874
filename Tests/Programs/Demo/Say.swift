#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes a line at once, so that nothing is lost or out of order when the demo is interrupted.
func say(_ line: String, to descriptor: Int32 = 1) {
  var bytes = Array((line + "\n").utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    bytes = bytes.dropFirst(count)
  }
}

/// Ends this process; what it had started ends with it.
func exit(_ status: Int32) -> Never {
  #if canImport(Glibc)
    Glibc.exit(status)
  #else
    Darwin.exit(status)
  #endif
}
