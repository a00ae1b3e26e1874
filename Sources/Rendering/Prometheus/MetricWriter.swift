import SessionAudit

/// Writes Prometheus's text format (version 0.0.4) into a sink: for each metric its help and type, then
/// all its samples, of whichever target they are.
struct MetricWriter {
  private let sink: ByteSink
  private var name = ""
  /// Metrics in the order in which they were begun.
  private var names: [String] = []
  private var lines: [String: [String]] = [:]
  /// Labels that every sample has.
  var common: [(name: String, value: String)] = []

  init(into sink: ByteSink) { self.sink = sink }

  func flush() {
    for name in names {
      // Its help alone is no metric.
      guard let lines = lines[name], lines.count > 1 else { continue }
      for line in lines { sink.append(line) }
    }
    sink.flush()
  }

  /// Begins a gauge, or goes on with it; its samples follow.
  mutating func gauge(_ name: String, _ help: String) {
    self.name = "pgsessions_\(name)"
    guard lines[self.name] == nil else { return }
    names.append(self.name)
    lines[self.name] = ["# HELP \(self.name) \(help)\n# TYPE \(self.name) gauge\n"]
  }

  mutating func sample(_ value: Int, _ labels: [(String, String)] = []) {
    write(String(value), labels)
  }

  /// Seconds.
  mutating func sample(_ value: Duration, _ labels: [(String, String)] = []) {
    write(DecimalText.seconds(value), labels)
  }

  /// Writes the sample of the common labels as it was written before; none where there is none.
  mutating func sample(asIn earlier: Substring) {
    let start = "\(name){\(text(of: []))} "
    let value = earlier.split(separator: "\n").last { $0.hasPrefix(start) }?.dropFirst(start.count)
    guard let value, value.allSatisfy({ $0 == "." || $0.isASCII && $0.isNumber }),
      Double(value) != nil
    else { return }
    write(String(value), [])
  }

  private mutating func write(_ value: String, _ labels: [(String, String)]) {
    let line = "\(name){\(text(of: labels))} \(value)\n"
    lines[name]?.append(line)
  }

  private func text(of labels: [(String, String)]) -> String {
    (common.map { ($0.name, $0.value) } + labels)
      .map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
  }

  /// A value of a label: a backslash and a quote are escaped, and what no terminal should get is
  /// shown as it is elsewhere.
  private static func escaped(_ text: String) -> String {
    let shown = HostileText.escaped(text)
    guard shown.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 }) else { return shown }
    return shown.spelling { $0 == "\\" || $0 == "\"" ? "\\\($0)" : nil }
  }
}
