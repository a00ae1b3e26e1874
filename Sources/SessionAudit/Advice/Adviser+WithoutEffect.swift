/// What was declared and made nobody an orphan, or what else it is there for, each with the reason:
/// nothing that a person says is passed over in silence.
extension Adviser {
  var withoutEffect: [Advice] {
    let said = report.withoutEffect.map { declaration in
      "\(label(declaration.subject)): \(clause(declaration))"
    }
    guard !said.isEmpty else { return [] }
    return [
      Advice(
        "declared_without_effect", .info,
        "Declared, and it made nobody an orphan. \(said.joined(separator: "; ")).")
    ]
  }

  private func label(_ subject: DeclarationWithoutEffect.Subject) -> String {
    switch subject {
    case .instances(let rule): label("instances", rule.application, "\(rule.value)", rule.place)
    case .restart(let rule):
      label("restarted-at", rule.application, Self.text(rule.value), rule.place)
    case .poolSize(let rule):
      label("pool-size", rule.application, "\(rule.value)", rule.place)
    case .roster: "the roster"
    case .rosterCovers(let text): "--roster-covers \(text)"
    }
  }

  private func label(
    _ option: String, _ application: ApplicationPattern?, _ value: String, _ place: String?
  ) -> String {
    let name = application.map { "\($0.text)=" } ?? ""
    return (place.map { "\($0), " } ?? "--") + "\(option) \(name)\(value)"
  }

  private static func text(_ time: RestartTime) -> String {
    switch time {
    case .at(let moment): moment.iso8601
    case .ago(let age): "\(DurationText.exact(age))-ago"
    }
  }

  private func clause(_ declaration: DeclarationWithoutEffect) -> String {
    let grace = DurationText.exact(report.judgedWith.restartGrace)
    return switch declaration.reason {
    case .overridden: "a later one holds for all that it names"
    case .pooled: "a pooler keeps open all that it speaks of"
    case .nobodyQuiet: "all that it speaks of was heard within \(grace), or is at work"
    case .noAddress(let address):
      "what is quiet comes from \(address ?? "a unix socket"), which tells no instance"
    case .hostIsHeard(let address, let names):
      names > 1
        ? "\(address) bears \(names) names, and one of them was heard within \(grace)"
        : "\(address) was heard within \(grace), by another name or another database"
    case .oneAddress:
      "nothing else of its name, role and database was seen at another address"
    case .namesSeenOnce(let count):
      "each of its \(count) names was seen at one address, and the number is for each name; "
        + "--instances 'family:GLOB=N' counts them together"
    case .neverAtOnce(let address, let most):
      "since \(address) fell silent, "
        + (most == 0
          ? "no other address was"
          : most == 1 ? "at most 1 other address was" : "at most \(most) other addresses were")
        + " in use at one moment and heard \(grace) later, as far as the open connections show (where "
        + "they are recycled, another look may tell)"
    case .doubt(let doubt): "it makes suspects alone: \(Evidence.clause(for: doubt))"
    case .withinSize(let most, let address):
      "no address has more; the most are \(most), from \(address ?? "a unix socket")"
    case .tooRecent: "it was less than \(grace) ago"
    case .nothingFromBefore: "nothing of it was opened before"
    case .heardSince: "what was opened before was heard since, or is at work"
    case .allListedOrHeard:
      "all that it covers is listed as alive, was heard just now, or comes from a pooler or a node"
    case .matchesNobody: "no session has such a name or address"
    }
  }
}
