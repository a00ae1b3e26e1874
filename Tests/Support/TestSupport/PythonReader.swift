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
      "python3", ["\(PythonPackages.root)/Tests/Support/TestSupport/Python/read_\(rawValue).py"],
      environment: environment, input: text)
    guard outcome.status == 0 else {
      throw SupportError("read_\(rawValue).py: \(outcome.stderr.suffix(2000))")
    }
    return try JSONDecoder().decode(JSON.self, from: Data(outcome.stdoutBytes))
  }
}

public enum PythonPackages {
  /// Where the Python of the tests is.
  public static let scripts = "\(root)/Tests/Support/TestSupport/Python"

  /// Django behind daphne and gunicorn, with what they need: one folder for PYTHONPATH.
  public static func django() throws -> String {
    try folder(
      "fetch-python",
      [
        "django==5.2.8", "asgiref==3.13.0", "attrs==26.1.0", "autobahn==26.10.2",
        "automat==25.4.16",
        "cbor2==6.3.0", "cffi==2.1.1", "constantly==23.10.4", "cryptography==50.0.2",
        "daphne==4.2.3", "gunicorn==27.0.1", "hyperlink==21.0.0", "idna==3.20",
        "incremental==24.11.0", "msgpack==1.2.4", "packaging==26.4", "psycopg2-binary==2.9.13",
        "pycparser==3.12", "pyopenssl==26.4.0", "service-identity==26.1.0", "sqlparse==0.6.1",
        "twisted==26.10.0", "txaio==26.6.1", "typing-extensions==4.16.0", "ujson==6.1.0",
        "zope-interface==8.7",
      ])
  }

  /// The folder of this project.
  static let root = "\(#filePath)".split(separator: "/").dropLast(4).map { "/\($0)" }.joined()

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
