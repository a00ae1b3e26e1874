import TestSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The sessions that a server's log says were ended, and the clients that found no slot.
public struct ServerLog {
  public struct Termination {
    public let pid: Int32
    /// Seconds since 1970, when the session's process obeyed: a little after the signal.
    public let time: Double
    /// What it was in the middle of, nil where it was idle.
    public var statement: String?
  }

  public let terminations: [Termination]
  /// When a client was refused for want of a slot, in seconds since 1970.
  public let refusals: [Double]
  private let byPid: [Int32: [Termination]]

  /// What a server must be set to so that its log can be read here.
  public static let settings = [
    "log_line_prefix": "%n [%p] %e ", "log_min_messages": "warning",
    "log_min_error_statement": "error", "log_error_verbosity": "default",
  ]

  public init(of server: ThrowawayServer) throws {
    let text = String(
      decoding: try Data(contentsOf: URL(filePath: "\(server.folder)/log")), as: UTF8.self)
    self.init(text)
  }

  /// `1795395600.123 [302] 57P01 FATAL:  terminating connection due to administrator command`,
  /// and after it the same with `STATEMENT:  SELECT 1` where it was in the middle of that: a
  /// message and its statement are one write.
  init(_ text: String) {
    var terminations: [Termination] = []
    var refusals: [Double] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: true)
      guard words.count == 5, let time = Double(words[0]) else { continue }
      if words[2] == "53300" && words[3] == "FATAL:" { refusals.append(time) }
      guard words[2] == "57P01",
        let pid = Int32(words[1].dropFirst().dropLast())
      else { continue }
      if words[3] == "FATAL:" {
        terminations.append(Termination(pid: pid, time: time))
      } else if words[3] == "STATEMENT:", terminations.last?.pid == pid {
        terminations[terminations.count - 1].statement = String(words[4])
      }
    }
    (self.terminations, self.refusals) = (terminations, refusals)
    byPid = Dictionary(grouping: terminations, by: \.pid)
  }

  /// The first termination of a session with this pid since a moment, in seconds since 1970. Of a
  /// session that was there at that moment it is the end, as nobody has its pid before.
  func termination(of pid: Int32, since begin: Double) -> Termination? {
    byPid[pid]?.first { $0.time >= begin }
  }
}
