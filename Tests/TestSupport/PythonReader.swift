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
  /// Kubernetes manifests in YAML, held strictly against the schemas of several of its versions.
  case manifest

  /// Pinned, so that what passes today passes tomorrow.
  private var packages: [String] {
    switch self {
    case .metrics: ["prometheus-client==0.26.0"]
    case .csv: []
    case .widths: ["wcwidth==0.2.13"]
    case .manifest:
      [
        "kubernetes-validate==1.37.0", "pyyaml==6.0.3", "packaging==26.3",
        "importlib-resources==7.1.0",
      ]
    }
  }

  /// The folders of its packages, fetched first if need be.
  private func pythonPath() throws -> String? {
    guard !packages.isEmpty else { return nil }
    let folder = try PythonPackages.folder("fetch-python", packages)
    return try self == .manifest
      ? "\(folder):\(PythonPackages.folder("fetch-jsonschema", []))" : folder
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
    environment["PYTHONPATH"] = try pythonPath()
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

public enum PythonPackages {
  /// The folder of this project.
  static let root = "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

  /// Where Python packages are, such as `wcwidth==0.2.13`; fetched first if need be.
  public static func folder(_ packages: String...) throws -> String {
    try folder("fetch-python", packages)
  }

  /// What one of scripts/ prints.
  static func folder(_ script: String, _ packages: [String]) throws -> String {
    let outcome = try ChildProcess.run(
      "\(root)/scripts/\(script)", packages, timeout: .seconds(300))
    guard outcome.status == 0 else {
      throw SupportError("\(packages) can't be had: \(outcome.stderr)")
    }
    return String(outcome.stdout.prefix { $0 != "\n" })
  }
}
