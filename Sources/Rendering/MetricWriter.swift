import SessionAudit

/// Writes Prometheus's text format (version 0.0.4) into a sink: for each metric its help and type, then
/// its samples.
struct MetricWriter {
  private let sink: ByteSink
  private var name = ""
  /// Labels that every sample has.
  var common: [(name: String, value: String)] = []

  init(into sink: ByteSink) { self.sink = sink }

  func flush() { sink.flush() }

  /// Begins a gauge; its samples follow.
  mutating func gauge(_ name: String, _ help: String) {
    self.name = "pgsessions_\(name)"
    sink.append("# HELP \(self.name) \(help)\n# TYPE \(self.name) gauge\n")
  }

  func sample(_ value: Int, _ labels: [(String, String)] = []) { write(String(value), labels) }

  /// Seconds.
  func sample(_ value: Duration, _ labels: [(String, String)] = []) {
    write(DecimalText.seconds(value), labels)
  }

  private func write(_ value: String, _ labels: [(String, String)]) {
    let all = common.map { ($0.name, $0.value) } + labels
    let text = all.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    sink.append("\(name){\(text)} \(value)\n")
  }

  /// A value of a label: a backslash and a quote are escaped, and what no terminal should get is
  /// shown as it is elsewhere.
  private static func escaped(_ text: String) -> String {
    HostileText.escaped(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
