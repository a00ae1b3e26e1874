import SessionAudit

extension SavedReport {
  /// What a file holds of one target: what can be judged anew, or why there was nothing.
  public enum Part: Sendable {
    case snapshot(Snapshot)
    case refused(Failure, Target)
  }

  static let fleetSchema = "pgsessions/fleet/1"

  /// The reports of a file: one, or those of several targets in their order.
  public static func readAll(_ bytes: [UInt8]) throws(InputFileError) -> [Part] {
    let file = JSONField(try JSONText.parse(bytes))
    guard try file["schema"].requiredString() == fleetSchema else {
      return [.snapshot(try read(file))]
    }
    let reports = try file["reports"].requiredElements()
    guard !reports.isEmpty else { throw try file["reports"].error("is empty") }
    return try reports.map { report throws(InputFileError) in
      guard let failure = try failure(report["failure"]) else {
        return .snapshot(try read(report))
      }
      try checkSchema(report["schema"])
      var reader = Reader()
      return .refused(failure, try reader.target(report["target"]))
    }
  }

  private static func failure(_ json: JSONField) throws(InputFileError) -> Failure? {
    guard !json.isNull else { return nil }
    let limit = try json["limit"]
    let hint = try json["hint"].string() ?? ""
    return Failure(
      // A hand may have written it.
      kind: Failure.Kind(rawValue: try json["kind"].requiredString()) ?? .unknown,
      sqlState: try json["sqlstate"].string(), message: try json["message"].requiredString(),
      limit: try limit["kind"].string().flatMap { Failure.Limit.Kind(rawValue: $0) }.map {
        kind throws(InputFileError) in
        Failure.Limit(
          kind: kind, name: try limit["name"].string(),
          value: try limit["value"].int(in: 0...Int(Int32.max)))
      },
      hints: hint.split(separator: "\n").map(String.init))
  }
}
