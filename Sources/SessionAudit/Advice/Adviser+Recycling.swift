/// Connections that should have been closed, and what keeps them open.
extension Adviser {
  /// Applications whose connections stay open beyond their max age though they could be closed.
  var notClosed: [Advice] {
    report.groups.compactMap { group in
      guard let recycling = group.recycling, recycling.verdict == .notClosed else { return nil }
      let name = Self.label(group.key.compactMap { $0 }.joined(separator: ", "))
      return Advice(
        "max_age_not_closed", .warning,
        "\(name): \(recycling.notClosed). \(recycling.causeOfNotClosed)")
    }
  }

  /// The signature of a leak, also where no max age is declared.
  var connectionLeaks: [Advice] {
    report.connectionLeaks.filter { !isSaid($0) }.map { leak in
      let (first, last) = (leak.firstOpened, leak.lastOpened)
      let used =
        leak.usedAtAge == .zero
        ? "never used" : "used only in their first \(DurationText.brief(leak.usedAtAge.roundedUp))"
      return Advice(
        "connection_leak", .warning,
        "\(leak.sessions) sessions of \(Self.label(leak.applicationName)) from "
          + "\(leak.address), opened one after the other between "
          + "\(first.clock(seenFrom: report.capturedAt)) and \(last.clock(seenFrom: report.capturedAt)), "
          + "were \(used) and are open still, though that address lives; a pool would have used them "
          + "again. Unless each is of a process that has had one request yet, they are leaked. "
          + ConnectionLeak.cause)
    }
  }

  /// Where the max age has it, with the same cause.
  private func isSaid(_ leak: ConnectionLeak) -> Bool {
    report.groups.contains { group in
      guard let recycling = group.recycling, recycling.verdict == .notClosed,
        recycling.isUsedOnlyAtFirst
      else { return false }
      return report.judgedWith.groupBy == [.application]
        && group.key[0]?.hasSameBytes(as: leak.applicationName) == true
    }
  }
}
