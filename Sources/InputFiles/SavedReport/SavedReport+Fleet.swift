import SessionAudit

extension SavedReport {
  /// What a file holds of one target: what can be judged anew, or why there was nothing.
  public enum Part: Sendable {
    case snapshot(Snapshot, judgedWith: Standards)
    case refused(Failure, Target)
  }

  /// What a report was judged with, as far as it matters to whoever judges it anew.
  public struct Standards: Sendable, Equatable {
    /// In the order of `Policy.thresholds`.
    public var thresholds: [Duration?] = []
    public var hasRoster = false
    public var hasDeclarations = false
  }

  static let fleetSchema = "pgsessions/fleet/1"

  /// The reports of a file: one, or those of several targets in their order, as one object or as a
  /// line each.
  public static func readAll(_ bytes: [UInt8]) throws(InputFileError) -> [Part] {
    let values = try JSONText.parseAll(bytes).map(JSONField.init)
    if values.count > 1 { return try values.map(part) }
    guard try values[0]["schema"].requiredString() == fleetSchema else {
      return [.snapshot(try read(values[0]), judgedWith: try standards(values[0]["judged_with"]))]
    }
    let reports = try values[0]["reports"].requiredElements()
    guard !reports.isEmpty else { throw try values[0]["reports"].error("is empty") }
    return try reports.map(part)
  }

  private static func part(_ report: JSONField) throws(InputFileError) -> Part {
    try checkSchema(report["schema"])
    guard let failure = try failure(report["failure"]) else {
      return .snapshot(try read(report), judgedWith: try standards(report["judged_with"]))
    }
    var reader = Reader()
    return .refused(failure, try reader.target(report["target"]))
  }

  private static func standards(_ json: JSONField) throws(InputFileError) -> Standards {
    let thresholds = try json["thresholds"]
    return Standards(
      thresholds: try Policy().thresholds.map { known throws(InputFileError) in
        try thresholds["\(known.key)"].seconds()
      },
      hasRoster: try !json["roster"].isNull,
      hasDeclarations: try json["declarations"].elements()?.isEmpty == false)
  }

  private static func failure(_ json: JSONField) throws(InputFileError) -> Failure? {
    guard !json.isNull else { return nil }
    let message = try json["message"].requiredString()
    guard !message.isEmpty else { throw try json["message"].error("is empty") }
    let state = try json["sqlstate"].string()
    let isState = state.map { $0.utf8.count == 5 && $0.utf8.allSatisfy(isOfState) } ?? true
    guard isState else { throw try json["sqlstate"].error("is no SQLSTATE") }
    let limit = try json["limit"]
    let hint = try json["hint"].string() ?? ""
    return Failure(
      // A hand may have written it.
      kind: Failure.Kind(rawValue: try json["kind"].requiredString()) ?? .unknown,
      sqlState: state, message: message,
      limit: try limit["kind"].string().flatMap { LimitKind(rawValue: $0) }.map {
        kind throws(InputFileError) in
        Failure.Limit(
          kind: kind, name: try limit["name"].string(),
          value: try limit["value"].int(in: 0...Int(Int32.max)))
      },
      hints: hint.split(separator: "\n").map(String.init))
  }

  private static func isOfState(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }
}
