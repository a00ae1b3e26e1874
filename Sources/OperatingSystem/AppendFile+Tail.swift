#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A run that is killed while it writes can leave the beginning of a line.
extension AppendFile {
  /// Cuts off the beginning of a line of ours: a torn intent was followed by no signal, and a torn
  /// outcome leaves its intent without one, which tells as much.
  ///
  /// What anybody else left there, or what can't be cut (of a file that can only be appended to),
  /// stays, and the next line begins with a newline.
  func mendedEnd() throws(SystemError) -> (offset: Int64, isWithinLine: Bool) {
    guard let size = FileStatus(descriptor: descriptor)?.size else { throw .last(.write, path) }
    guard size > 0, try bytes(from: size - 1, to: size) != [Self.newline] else {
      return (size, false)
    }
    let start = try startOfLastLine(endingAt: size)
    guard let start, try isOurs(from: start, to: size), cut(to: start) else {
      return (size, true)
    }
    return (start, false)
  }

  /// - Returns: false where the system does not.
  @discardableResult
  func cut(to size: Int64) -> Bool { ftruncate(descriptor, off_t(size)) == 0 }

  private static let newline = UInt8(ascii: "\n")

  /// More than any line of ours has.
  private static let longestLine: Int64 = 16 << 20

  /// nil: too far away to be a line of ours.
  private func startOfLastLine(endingAt size: Int64) throws(SystemError) -> Int64? {
    var end = size
    while end > 0 && size - end < Self.longestLine {
      let start = max(0, end - 1 << 16)
      if let place = try bytes(from: start, to: end).lastIndex(of: Self.newline) {
        return start + Int64(place) + 1
      }
      end = start
    }
    return end == 0 ? 0 : nil
  }

  /// Whether a line begins as ours do, as far as it goes.
  private func isOurs(from start: Int64, to end: Int64) throws(SystemError) -> Bool {
    let begin = try bytes(from: start, to: min(end, start + Int64(opening.count)))
    return !begin.isEmpty && opening.starts(with: begin)
  }

  /// Fewer where the file has become shorter.
  private func bytes(from start: Int64, to end: Int64) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(end - start))
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + count, $0.count - count, off_t(start) + off_t(count))
      }
      guard got >= 0 || errno == EINTR else { throw .last(.read, path) }
      if got == 0 { break }
      count += max(0, got)
    }
    return Array(bytes[..<count])
  }
}
