import TestSupport
import Testing

/// A sample of metrics, as Prometheus's own client library reads it, by its parser and by
/// OpenMetrics's rules.
struct MetricSample {
  var metric: String
  var labels: [String: String]
  var value: Int

  /// Reads what is written, and holds it to the rules for names.
  static func read(_ bytes: [UInt8]) throws -> [MetricSample] {
    let families = try PythonReader.metrics.read(bytes)["families"]?.items ?? []
    for family in families {
      let name = family["name"]?.text ?? ""
      #expect(name.hasPrefix("pgsessions_"))
      // What goes up only is a counter and ends in _total; nothing of ours does.
      #expect(family["type"]?.text == "gauge" && !name.hasSuffix("_total"))
      let help = family["help"]?.text ?? ""
      #expect(help.hasSuffix("."), "\(name)")
      let count = family["samples"]?.items.count ?? 0
      #expect(count > 0, "\(name)")
    }
    return families.flatMap { $0["samples"]?.items ?? [] }.map { sample in
      var labels: [String: String] = [:]
      if case .object(let members)? = sample["labels"] { labels = members.compactMapValues(\.text) }
      return MetricSample(
        metric: sample["name"]?.text ?? "", labels: labels, value: sample["value"]?.int ?? .min)
    }
  }
}
