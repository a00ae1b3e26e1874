import SessionAudit

/// What `--fail-on` looks for, for monitoring: exit status 1 where it is found.
enum FailCondition: Equatable {
  case suspects
  case orphans
  /// The limit that binds is used to this many percent or more.
  case slots(percent: Int)

  /// - Throws: `CommandFailure` with what to write.
  init(_ text: String) throws {
    let slots = "slots="
    switch text {
    case "suspects": self = .suspects
    case "orphans": self = .orphans
    case _ where text.hasPrefix(slots):
      guard let percent = Int(text.dropFirst(slots.count)), 1...100 ~= percent else {
        throw CommandFailure.usage("--fail-on \(text): slots is a percentage from 1 to 100")
      }
      self = .slots(percent: percent)
    default:
      throw CommandFailure.usage("--fail-on \(text): write suspects, orphans or slots=90")
    }
  }

  /// What was found, as a clause; nil for nothing.
  func finding(in report: AuditReport) -> String? {
    switch self {
    case .suspects: Self.count(report.totals.suspect, "suspect")
    case .orphans: Self.count(report.totals.orphan, "orphan")
    case .slots(let percent):
      report.slots.binding.usedRatio * 100 >= Double(percent)
        ? "\(report.slots.binding.used) of \(report.slots.binding.limit) connections are used, "
          + "which is \(percent) % or more"
        : nil
    }
  }

  private static func count(_ count: Int, _ noun: String) -> String? {
    count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// What can't be ruled out where sessions are hidden.
  private var needsToSeeAll: Bool { self == .suspects || self == .orphans }

  /// The status of a report under these conditions, and the sentence that goes with it.
  static func failure(of report: AuditReport, _ conditions: [FailCondition]) -> CommandFailure? {
    let findings = conditions.compactMap { $0.finding(in: report) }
    guard findings.isEmpty else {
      return CommandFailure(
        status: .found, sentence: "--fail-on: \(findings.joined(separator: "; "))")
    }
    guard conditions.contains(where: \.needsToSeeAll), let reason = report.coverage.reason else {
      return nil
    }
    return CommandFailure(
      status: .notPermitted,
      sentence: "--fail-on found nothing, but that is not known: \(reason)",
      nextStep: AuditAdvice.seeAll(report))
  }
}
