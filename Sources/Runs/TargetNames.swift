import PostgresClient
import Rendering
import ServerAccess
import SessionAudit

extension [ResolvedTarget] {
  /// The policy file, unless it names them itself: then it was checked that what it says of one is
  /// not said of all.
  package func named(by loaded: LoadedPolicy?) -> LoadedPolicy? {
    allSatisfy { $0.policyPlace != nil } ? nil : loaded
  }

  /// Gives each of several targets a name that is its own, or who types a password might hand it to
  /// another server. The same target given twice keeps one name.
  package mutating func nameApart(environment: [String: String]) {
    let titles = map { Wording.title(of: $0.described(environment: environment)) }
    for place in indices {
      let parameters = self[place].parameters
      func isOther(_ other: Int) -> Bool { self[other].parameters != parameters }
      self[place].neighbours = count { $0.server == self[place].server }
      let tells =
        parameters["service"] == nil && parameters["hostaddr"] == nil
        && parameters["host"]?.contains(",") != true
        && !indices.contains { titles[$0] == titles[place] && isOther($0) }
      let words = Redaction.redacted(self[place].commandWords)
      var name = tells || words.isEmpty ? titles[place] : words
      let isTaken = indices.contains {
        isOther($0) && titles[$0] == titles[place]
          && self[$0].commandWords == self[place].commandWords
      }
      if isTaken { name += " (TARGET \(place + 1))" }
      self[place].name = name
      self[place].reportName = name == titles[place] ? nil : name
    }
  }
}

extension ResolvedTarget {
  /// What of its parameters says which server it is.
  var server: [String?] { ["service", "host", "hostaddr", "port"].map { parameters[$0] } }
}
