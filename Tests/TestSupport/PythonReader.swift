#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads a report with Python, and the parsers that others read our reports with. What it found comes
/// back as JSON.
public enum PythonReader: String, Sendable {
  /// Metrics, as Prometheus's own client library has them: `{families: [{name, type, help, samples:
  /// [{name, labels, value}]}]}`. Read twice, the second time by the stricter rules of OpenMetrics.
  case metrics
  /// Records of fields of a CSV, by the csv module's strict dialect.
  case csv
  /// The width in terminal cells of each character of the text, as `wcwidth` has it (−1: control).
  case widths

  /// Pinned, so that what passes today passes tomorrow.
  private var package: String? {
    switch self {
    case .metrics: "prometheus-client==0.26.0"
    case .csv: nil
    case .widths: "wcwidth==0.2.13"
    }
  }

  /// - Throws: `SupportError` with what the parser said against the text.
  public func read(_ bytes: [UInt8]) throws -> JSON {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SupportError("what is to be read is not UTF-8")
    }
    return try read(text)
  }

  public func read(_ text: String) throws -> JSON {
    var environment = ChildProcess.plainEnvironment
    environment["PYTHONPATH"] = try package.map(PythonPackages.folder)
    environment["PYTHONIOENCODING"] = "utf-8"
    let outcome = try ChildProcess.run(
      "python3", ["\(PythonPackages.root)/Tests/TestSupport/Python/read_\(rawValue).py"],
      environment: environment, input: text)
    guard outcome.status == 0 else {
      throw SupportError("read_\(rawValue).py: \(outcome.stderr.suffix(2000))")
    }
    return try JSONDecoder().decode(JSON.self, from: Data(outcome.stdoutBytes))
  }
}

private enum PythonPackages {
  /// The folder of this package.
  static let root = "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

  /// Where a package is, fetched first if need be.
  static func folder(of package: String) throws -> String {
    let outcome = try ChildProcess.run(
      "\(root)/scripts/fetch-python", [package], timeout: .seconds(300))
    guard outcome.status == 0 else {
      throw SupportError("\(package) can't be had: \(outcome.stderr)")
    }
    return String(outcome.stdout.prefix { $0 != "\n" })
  }
}
