/// Parts of sentences.
enum Wording {
  /// The first three, for a sentence.
  static func few(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and more" : "")
  }

  /// `1 session`, `2 sessions`.
  static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
