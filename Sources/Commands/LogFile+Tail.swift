import Rendering
import SessionAudit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A run that is killed while it writes can leave the beginning of a line.
extension LogFile {
  /// Cuts off the beginning of a line of ours: a torn intent was followed by no signal, and a torn
  /// outcome leaves its intent without one, which tells as much.
  ///
  /// What anybody else left there, or what can't be cut (of a file that can only be appended to),
  /// stays, and the next line begins with a newline.
  /// - Throws: status 74.
  func mendedEnd() throws(ExitError) -> (offset: off_t, isWithinLine: Bool) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw notWritten(errno) }
    let size = status.st_size
    guard size > 0, try bytes(from: size - 1, to: size) != [Self.newline] else {
      return (size, false)
    }
    let start = try startOfLastLine(endingAt: size)
    guard let start, try isOurs(from: start, to: size), ftruncate(descriptor, start) == 0 else {
      return (size, true)
    }
    return (start, false)
  }

  private static let newline = UInt8(ascii: "\n")

  /// More than any line of ours has.
  private static let longestLine: off_t = 16 << 20

  /// nil: too far away to be a line of ours.
  private func startOfLastLine(endingAt size: off_t) throws(ExitError) -> off_t? {
    var end = size
    while end > 0 && size - end < Self.longestLine {
      let start = max(0, end - 1 << 16)
      if let place = try bytes(from: start, to: end).lastIndex(of: Self.newline) {
        return start + off_t(place) + 1
      }
      end = start
    }
    return end == 0 ? 0 : nil
  }

  /// Whether a line begins as ours do, as far as it goes.
  private func isOurs(from start: off_t, to end: off_t) throws(ExitError) -> Bool {
    let opening = Array(JSONLog.opening.utf8)
    let begin = try bytes(from: start, to: min(end, start + off_t(opening.count)))
    return !begin.isEmpty && opening.starts(with: begin)
  }

  /// Fewer where the file has become shorter.
  private func bytes(from start: off_t, to end: off_t) throws(ExitError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(end - start))
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + count, $0.count - count, start + off_t(count))
      }
      guard got >= 0 || errno == EINTR else { throw notWritten(errno, "could not be read") }
      if got == 0 { break }
      count += max(0, got)
    }
    return Array(bytes[..<count])
  }
}
