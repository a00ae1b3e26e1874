/// Whether one session is what was asked for, protections aside.
extension Selection {
  enum Match {
    case matches([Reason])
    case kept(Reason)
  }

  func match(_ judged: JudgedSession, in report: AuditReport) -> Match {
    var reasons: [Reason] = []
    if selectsByVerdict {
      guard let verdict = verdictReason(judged, in: report) else {
        if orphans, let witness = judged.rosterGap {
          return .kept(
            .init(
              Protection(
                .untrusted,
                "the roster lacks \(witness) too, which was heard just now: is it the right one, and complete?"
              )))
        }
        return .kept(.init("not_selected", "its verdict is \(judged.verdict.rawValue)"))
      }
      reasons.append(verdict)
    }
    switch stateMatch(judged, in: report) {
    case .matches(let more): reasons += more
    case .kept(let reason): return .kept(reason)
    }
    if let threshold = sessionOlderThan {
      guard let age = judged.times.sessionAge, age > threshold else {
        return .kept(Self.tooYoung("open", judged.times.sessionAge, threshold))
      }
      reasons.append(Self.longer("session_older_than", "open", age, threshold))
    }
    return reasons.isEmpty
      ? .kept(.init("not_selected", "nothing was selected")) : .matches(reasons)
  }

  private func verdictReason(_ judged: JudgedSession, in report: AuditReport) -> Reason? {
    switch judged.verdict {
    case .orphan where orphans: break
    case .suspect where suspects: break
    default: return nil
    }
    return judged.evidence.first.map {
      .init(
        $0.kind.rawValue,
        $0.sentence(about: judged.session, judged.times, at: report.capturedAt))
    }
  }

  /// A state's own threshold decides; without any, a verdict takes what is idle and, with more
  /// demands, what is in a transaction or active.
  private func stateMatch(_ judged: JudgedSession, in report: AuditReport) -> Match {
    let state = judged.session.state
    let age = judged.times.stateAge
    func inUse(_ option: String? = nil) -> Match {
      .kept(
        .init(
          Protection.Kind.inUse.rawValue, "its state is \(state?.name ?? "unknown")",
          option: option))
    }
    let threshold: (kind: String, word: String, value: Duration)?
    switch state {
    case .idle?: threshold = idleLongerThan.map { ("idle_longer_than", "idle", $0) }
    case let state? where state.isInTransaction:
      threshold = inTransactionLongerThan.map {
        ("in_transaction_longer_than", "idle in transaction", $0)
      }
    case let state? where state.isActive:
      threshold = activeLongerThan.map { ("active_longer_than", "active", $0) }
    default: return inUse()
    }
    if let (kind, word, value) = threshold {
      guard let age, age > value else { return .kept(Self.tooYoung(word, age, value)) }
      return .matches([Self.longer(kind, word, age, value)])
    }
    if state == .idle {
      return selectsByStateAge
        ? .kept(.init("not_selected", "it is idle, and no --idle-longer-than was given"))
        : .matches([])
    }
    guard selectsByVerdict && !selectsByStateAge else { return inUse() }
    if state?.isActive == true {
      return includeActive ? .matches([]) : inUse("--include-active")
    }
    let isLostWithItsOwner =
      orphans && judged.verdict == .orphan && judged.mayLoseState(in: report)
    return isLostWithItsOwner || includeStateful ? .matches([]) : inUse("--include-stateful")
  }

  private static func tooYoung(
    _ word: String, _ age: Duration?, _ threshold: Duration
  ) -> Reason {
    let since = age.map { "for \(DurationText.brief($0))" } ?? "since an unknown time"
    return .init(
      "too_young", "\(word) \(since), not longer than \(DurationText.exact(threshold))")
  }

  private static func longer(
    _ kind: String, _ word: String, _ age: Duration, _ threshold: Duration
  ) -> Reason {
    .init(
      kind,
      "\(word) for \(DurationText.brief(age)), longer than \(DurationText.exact(threshold))")
  }
}
