/// Parts of sentences.
package enum Wording {
  /// The first three, for a sentence.
  package static func few(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and more" : "")
  }

  /// `1 session`, `2 sessions`.
  package static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
