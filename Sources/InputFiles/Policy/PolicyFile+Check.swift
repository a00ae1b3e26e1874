import SessionAudit

/// What each line says well by itself, and the whole can't mean.
extension PolicyFile {
  func check(_ reader: PolicyReader) {
    checkTargets(reader)
    for target in targets { checkApplications(target.applications, "target.application", reader) }
    checkApplications(applications, "application", reader)
    for network in sharedAddresses {
      guard let other = poolers.first(where: { $0.value == network.value }) else { continue }
      reader.wrong(
        network.line, "network.shared_addresses",
        "has \(network.value.text), which poolers have already (line \(other.line)); a pooler's address "
          + "is shared as it is")
    }
  }

  private func checkTargets(_ reader: PolicyReader) {
    for (place, target) in targets.enumerated() {
      if let other = targets[..<place].first(where: { $0.name == target.name }),
        !target.name.isEmpty
      {
        reader.wrong(target.line, "target.name", "is the name of another one (line \(other.line))")
      }
      if let roster, let own = target.roster {
        reader.wrong(
          own.line, "target.roster", "contradicts [roster] (line \(roster.line)): keep one of them")
      }
    }
    // Of two databases that both have a `web.1` it would make orphans of the other's sessions.
    guard targets.count > 1 else { return }
    if let roster {
      reader.wrong(
        roster.line, "roster",
        "speaks of one target, and there are \(targets.count): write it as [target.roster] below each "
          + "one that it is true of")
    }
    for instances in applications.compactMap(\.instances) {
      reader.wrong(
        instances.line, "application.instances",
        "speaks of one target, and there are \(targets.count): write it in a [[target.application]] "
          + "below the one that it is true of")
    }
  }

  private func checkApplications(
    _ applications: [Application], _ path: String, _ reader: PolicyReader
  ) {
    var earlier: [[String?]: [Application]] = [:]
    for entry in applications {
      if let protect = entry.protect, protect.value, let trust = entry.trust, trust.value != .never
      {
        reader.wrong(
          trust.line, "\(path).trust",
          "contradicts protect (line \(protect.line)): what is protected is ended on no ground")
      }
      if let one = entry.oneInstance {
        if let instances = entry.instances, one.value, instances.value > 1 {
          reader.wrong(
            instances.line, "\(path).instances",
            "contradicts one_instance (line \(one.line)): one name, one instance")
        }
        if entry.user != nil || entry.database != nil {
          reader.wrong(
            one.line, "\(path).one_instance",
            "is about the name alone: write it in an entry without user and database")
        }
      }
      if let closesItself = entry.closesItself, closesItself.value, entry.maxAge == nil {
        reader.wrong(
          closesItself.line, "\(path).closes_itself",
          "needs a max_age beside it: the age at which its pool closes a connection")
      }
      let key = [entry.match, entry.user, entry.database]
      for other in earlier[key, default: []] {
        for (key, line, otherLine) in other.saidTwice(by: entry) {
          reader.wrong(
            line, "\(path).\(key)",
            "is said twice of \"\(entry.match)\" (line \(otherLine))")
        }
      }
      earlier[key, default: []].append(entry)
    }
  }
}

extension PolicyFile {
  /// Globs with a `[` that no `]` closes: likelier a typing error than a name.
  public var unclosedGlobs: [InputFileError] {
    let entries =
      applications.map { ("application", $0) }
      + targets.flatMap { $0.applications.map { ("target.application", $0) } }
    let ofApplications = entries.flatMap { path, entry in
      [("match", entry.match), ("user", entry.user ?? ""), ("database", entry.database ?? "")]
        .map { ("\(path).\($0)", Located($1, line: entry.line)) }
    }
    let ofRosters =
      (roster?.covers ?? []).map { ("roster.covers", $0) }
      + targets.flatMap { ($0.roster?.covers ?? []).map { ("target.roster.covers", $0) } }
    return (ofApplications + ofRosters).filter { Glob($1.value).opensNoClass }
      .map { path, glob in
        InputFileError(
          line: glob.line, field: path,
          "in \"\(glob.value)\" a [ opens no class, so it is taken as it stands")
      }
  }
}

extension PolicyFile.Application {
  fileprivate func saidTwice(by other: Self) -> [(key: String, line: Int, otherLine: Int)] {
    Self.keys.compactMap { key in
      guard let line = key.line(other), let otherLine = key.line(self) else { return nil }
      return (key.name, line, otherLine)
    }
  }
}
