import TestOracle
import TestSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the job wrote down.
struct JobLog {
  /// How often each session was announced, and of how many of these it says that it saw them gone.
  private(set) var announced: [SessionKey: Int] = [:]
  private(set) var gone: [SessionKey: Int] = [:]
  /// The strongest evidence of each one announced.
  private(set) var evidence: [SessionKey: String] = [:]
  private(set) var begun = 0
  private(set) var ended = 0
  /// What a true log has not.
  private(set) var complaints: [String] = []

  /// - Parameter text: no file where nothing was ever ended.
  init(_ text: String) {
    if !text.isEmpty && !text.hasSuffix("\n") { complaints.append("the log's last line is torn") }
    for line in text.split(separator: "\n") {
      guard let json = try? JSONDecoder().decode(JSON.self, from: Data(line.utf8)),
        let event = json["event"]?.text
      else {
        complaints.append("a line of the log can't be read: \(line.prefix(200))")
        continue
      }
      let key = json["pid"]?.int.flatMap { pid in
        json["backend_start"]?.text.map { SessionKey(pid: Int32(pid), start: $0) }
      }
      switch (event, key) {
      case ("begin", _): begun += 1
      case ("end", _): ended += 1
      case ("intent", let key?):
        announced[key, default: 0] += 1
        evidence[key] = json["evidence"]?[0]?["kind"]?.text
      case ("outcome", let key?):
        if json["result"]?.text == "gone" { gone[key, default: 0] += 1 }
      default: complaints.append("a line of the log is unknown: \(line.prefix(200))")
      }
    }
    if begun != ended { complaints.append("\(begun) runs begin in the log, and \(ended) end") }
    for (key, count) in announced where count > 1 {
      complaints.append("pid \(key.pid) was announced \(count) times")
    }
  }
}
