/// A shell pattern over a whole name: `*`, `?`, `[a-z]`, `[!x]`, and `\` before a literal.
/// Compares Unicode scalars, case-sensitively. An empty pattern matches the empty name only.
public struct Glob: Sendable, Equatable, Hashable {
  public let pattern: String
  let scalars: [Unicode.Scalar]

  public init(_ pattern: String) {
    self.pattern = pattern
    scalars = Array(pattern.unicodeScalars)
  }

  public func matches(_ name: String) -> Bool {
    let text = Array(name.unicodeScalars)
    var (p, t) = (0, 0)
    // Where to go on when a literal fails after a star: one more scalar goes to that star.
    var retry: (pattern: Int, text: Int)?
    while t < text.count {
      if p < scalars.count, scalars[p] == "*" {
        retry = (p + 1, t)
        p += 1
      } else if p < scalars.count, let next = step(at: p, over: text[t]) {
        p = next
        t += 1
      } else if let (pattern, start) = retry {
        p = pattern
        t = start + 1
        retry = (pattern, start + 1)
      } else {
        return false
      }
    }
    return scalars[p...].allSatisfy { $0 == "*" }
  }

  /// The place behind the pattern element at `p` if it matches `scalar`, else nil.
  func step(at p: Int, over scalar: Unicode.Scalar) -> Int? {
    switch scalars[p] {
    case "?": p + 1
    case "[":
      classEnd(at: p).flatMap { isInClass(from: p, to: $0, scalar) ? $0 + 1 : nil }
        ?? (classEnd(at: p) == nil && scalar == "[" ? p + 1 : nil)
    case "\\" where p + 1 < scalars.count: scalars[p + 1] == scalar ? p + 2 : nil
    default: scalars[p] == scalar ? p + 1 : nil
    }
  }

  /// The place of the `]` that closes the class opened at `p`; nil where none does, and `[` is
  /// a literal.
  func classEnd(at p: Int) -> Int? {
    var i = p + 1
    if i < scalars.count, scalars[i] == "!" || scalars[i] == "^" { i += 1 }
    // A `]` that comes first is a member.
    return scalars.indices.dropFirst(i + 1).first { scalars[$0] == "]" }
  }

  private func isInClass(from open: Int, to close: Int, _ scalar: Unicode.Scalar) -> Bool {
    var i = open + 1
    let negated = scalars[i] == "!" || scalars[i] == "^"
    if negated { i += 1 }
    var found = false
    while i < close {
      if i + 2 < close, scalars[i + 1] == "-" {
        found = found || (scalars[i] <= scalar && scalar <= scalars[i + 2])
        i += 3
      } else {
        found = found || scalars[i] == scalar
        i += 1
      }
    }
    return found != negated
  }
}
