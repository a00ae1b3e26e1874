import SessionAudit

/// What `--fail-on` looks for, for monitoring: exit status 1 where it is found.
enum FailCondition: Equatable {
  case suspects
  case orphans
  /// A limit that binds us or others is used to this many percent or more.
  case slots(percent: Int)

  /// - Throws: `ExitError` with what to write.
  init(_ text: String) throws {
    let slots = "slots="
    switch text {
    case "suspects": self = .suspects
    case "orphans": self = .orphans
    case _ where text.hasPrefix(slots):
      guard let percent = Int(text.dropFirst(slots.count)), 1...100 ~= percent else {
        throw ExitError.usage("--fail-on \(text): slots is a percentage from 1 to 100")
      }
      self = .slots(percent: percent)
    default:
      throw ExitError.usage("--fail-on \(text): write suspects, orphans or slots=90")
    }
  }

  /// What was found, as a clause; nil for nothing.
  func finding(in report: AuditReport) -> String? {
    switch self {
    case .suspects: Self.count(report.totals.suspect, "suspect")
    case .orphans: Self.count(report.totals.orphan, "orphan")
    case .slots(let percent):
      Self.finding(report.slots, percent)
    }
  }

  /// Of the limit that binds us and of those that others meet: a monitoring role has room of its own
  /// while applications are refused.
  private static func finding(_ slots: Slots, _ percent: Int) -> String? {
    let reached = slots.watched.filter { $0.usedRatio * 100 >= Double(percent) }
    guard let first = reached.first else { return nil }
    let more = reached.count > 1 ? ", and \(Wording.counted(reached.count - 1, "more limit"))" : ""
    let whose =
      first == slots.binding && first.kind != .role && first.kind != .database
      ? "" : " of \(first.owner)"
    let used = min(first.used, first.limit)
    return
      "\(used) of \(first.limit) connections\(whose) \(used == 1 ? "is" : "are") used, which is "
      + "\(percent) % or more\(more)"
  }

  private static func count(_ count: Int, _ noun: String) -> String? {
    count == 0 ? nil : Wording.counted(count, noun)
  }

  /// What can't be ruled out where sessions are hidden.
  private var needsToSeeAll: Bool { self == .suspects || self == .orphans }

  /// The status of a report under these conditions, and the sentence that goes with it.
  static func failure(of report: AuditReport, _ conditions: [FailCondition]) -> ExitError? {
    let findings = conditions.compactMap { $0.finding(in: report) }
    guard findings.isEmpty else {
      return ExitError(
        status: .found, sentence: "--fail-on: \(findings.joined(separator: "; "))")
    }
    guard conditions.contains(where: \.needsToSeeAll), let reason = report.coverage.reason else {
      return nil
    }
    return ExitError(
      status: .notPermitted,
      sentence: "--fail-on found nothing, but that is not known: \(reason)",
      nextStep: AuditAdvice.seeAll(report))
  }
}
