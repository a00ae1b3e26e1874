import TestSupport

/// What became of a published schema, both with all references in place.
struct SchemaChange: Equatable {
  /// What readers could rely on and no longer can, each with its place.
  var breaks: [String] = []
  /// Keys and words that are new, which readers were told to expect.
  var additions: [String] = []

  init(from old: JSON, to new: JSON) { compare(old, new, "$") }

  private mutating func compare(_ old: JSON, _ new: JSON, _ place: String) {
    for keyword in old.keys.union(new.keys).sorted() where keyword != "$comment" {
      switch (keyword, old[keyword], new[keyword]) {
      case ("properties", let old?, let new?): compareProperties(old, new, place)
      case ("required", let old, let new): compareRequired(old, new, place)
      case ("enum", let before?, let now?):
        compareWords(before.items, now.items, mayGrow: old.mayGrow, place)
      case ("oneOf", let before?, let now?), ("anyOf", let before?, let now?),
        ("allOf", let before?, let now?):
        compareBranches(before.items, now.items, mayGrow: old.mayGrow, "\(place) \(keyword)")
      case ("items", let old?, let new?): compare(old, new, "\(place)[]")
      case ("additionalProperties", let old?, let new?): compare(old, new, "\(place).*")
      case (_, let old, let new):
        if old != new { breaks.append("\(place): another \(keyword)") }
      }
    }
    // Neither has keywords where it is no object, such as `true`.
    if old.keys.isEmpty && new.keys.isEmpty && old != new {
      breaks.append("\(place): another value")
    }
  }

  private mutating func compareProperties(_ old: JSON, _ new: JSON, _ place: String) {
    for name in old.keys.sorted() {
      guard let before = old[name], let now = new[name] else {
        breaks.append("\(place).\(name): is gone")
        continue
      }
      compare(before, now, "\(place).\(name)")
    }
    additions += new.keys.subtracting(old.keys).sorted().map { "\(place).\($0)" }
  }

  /// What was always there must stay so; more may be.
  private mutating func compareRequired(_ old: JSON?, _ new: JSON?, _ place: String) {
    let still = (new?.items ?? []).compactMap(\.text)
    for name in (old?.items ?? []).compactMap(\.text) where !still.contains(name) {
      breaks.append("\(place).\(name): may be left out now")
    }
  }

  private mutating func compareWords(
    _ old: [JSON], _ new: [JSON], mayGrow: Bool, _ place: String
  ) {
    let isKept = old.allSatisfy(new.contains)
    let more = new.filter { !old.contains($0) }
    if !isKept { breaks.append("\(place): a word of its enum is gone") }
    if !more.isEmpty && !mayGrow { breaks.append("\(place): its enum, which is closed, has grown") }
    if mayGrow { additions += more.map { "\(place) \"\($0.text ?? "null")\"" } }
  }

  private mutating func compareBranches(
    _ old: [JSON], _ new: [JSON], mayGrow: Bool, _ place: String
  ) {
    for (index, (before, now)) in zip(old, new).enumerated() {
      compare(before, now, "\(place)[\(index)]")
    }
    if new.count < old.count || (new.count > old.count && !mayGrow) {
      breaks.append("\(place): \(old.count) branches were published")
    } else {
      additions += (old.count..<new.count).map { "\(place)[\($0)]" }
    }
  }
}

extension JSON {
  fileprivate var mayGrow: Bool { self["x-may-grow"] == .bool(true) }
}
