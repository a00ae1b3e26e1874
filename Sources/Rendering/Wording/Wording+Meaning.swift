import SessionAudit

extension Wording {
  /// What a part of a sentence means to whoever reads it; some formats show it as colour.
  package enum Meaning {
    case good
    case warning
    case bad
    case faint
    case strong
  }

  /// A sentence with what it begins with, which has the meaning.
  typealias Sentence = (lead: String, rest: String, meaning: Meaning?)

  typealias Note = (text: String, meaning: Meaning)
}
