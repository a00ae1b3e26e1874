extension SoakResult: CustomStringConvertible {
  public var description: String {
    let name = hasJob ? "soak" : "soak without the job"
    let seconds = Int(elapsed / .seconds(1))
    guard hasJob else {
      return "\(name), seed \(seed): \(leftBehind) sessions left behind, at most \(mostSlots) of "
        + "\(form.maxConnections) slots taken; "
        + (ranOut.map { "no slot for a client on \($0)" } ?? "a slot for everybody")
    }
    return "\(name), seed \(seed): \(form.days) days in \(seconds) s, \(changes) hosts begun, "
      + "\(leftBehind) sessions left behind: \(endedByJob) ended in \(runs) runs, "
      + "\(leftByThemselves) gone by themselves, \(untold) that nothing tells yet; runs needed "
      + "since the evidence was there: \(distribution); live sessions ended: \(liveEnded.count) of "
      + "\(sessions), of which \(quiet) were once silent beyond --stale-after; at most "
      + "\(mostSlots) of \(form.maxConnections) slots taken, \(refusals) clients refused"
  }

  private var distribution: String {
    runsNeeded.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      .joined(separator: ", ")
  }

  /// As it stands in docs/soak.md.
  public func table(control: SoakResult) -> String {
    func seconds(_ values: [Double], _ share: Double) -> String {
      guard !values.isEmpty else { return "-" }
      let sorted = values.sorted()
      let tenths = Int((sorted[Int(Double(sorted.count - 1) * share)] * 10).rounded())
      return "\(tenths / 10).\(tenths % 10) s"
    }
    func spread(_ values: [Double]) -> String {
      "\(seconds(values, 0.5)), \(seconds(values, 0.9)), \(seconds(values, 1))"
    }
    let kinds = evidence.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "`\($0.key)` \($0.value)" }.joined(separator: ", ")
    let rows = [
      ("hosts begun, sessions opened, queries", "\(changes), \(sessions), \(queries)"),
      ("sessions left behind", "\(leftBehind)"),
      ("of them ended by the job", "\(endedByJob)"),
      ("gone by themselves, when their last query was over", "\(leftByThemselves)"),
      ("still there at the end, as no evidence tells them", "\(untold)"),
      ("runs of the job", "\(runs)"),
      ("of them not counted for a family, one of which began meanwhile", "\(sparingRuns)"),
      ("ended in a run under way as the evidence came", "\(runsNeeded[0] ?? 0)"),
      ("ended in the first run since there was evidence", "\(runsNeeded[1] ?? 0)"),
      ("ended in the second", "\(runsNeeded[2] ?? 0)"),
      (
        "later",
        "\(runsNeeded.filter { $0.key > 2 }.values.reduce(0, +))"
      ),
      ("from the host's end to the evidence: median, nine of ten, longest", spread(untilTold)),
      ("from the evidence to the session's end: the same", spread(untilEnded)),
      ("ended by evidence", kinds),
      (
        "living sessions, and how many were silent beyond `--stale-after` at some time",
        "\(sessions), \(quiet)"
      ),
      ("living sessions ended, by the clients and by the server's log", "\(liveEnded.count)"),
      ("most slots taken, of \(form.maxConnections)", "\(mostSlots)"),
      ("clients refused", "\(refusals)"),
      ("without the job: the first client refused", control.ranOut ?? "none"),
      ("without the job: sessions left behind until then", "\(control.leftBehind)"),
    ]
    return (["| what | figure |", "| --- | --- |"] + rows.map { "| \($0.0) | \($0.1) |" })
      .joined(separator: "\n")
  }

  /// All that speaks against the week, a line each, but not more than some of each kind.
  public var failures: String {
    let refused = refusals > 0 ? ["\(refusals) clients found no slot"] : []
    return
      [("live session ended", liveEnded), ("refused", refused), ("complaint", complaints)]
      .flatMap { kind, stories in stories.prefix(10).map { "\(kind): \($0)" } }
      .joined(separator: "\n")
  }
}
