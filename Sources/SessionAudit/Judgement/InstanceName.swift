/// What an application_name says of the process behind it, read from its form alone. Where a form
/// is doubtful the reading is `shared`, on which no orphan rests.
struct InstanceName: Equatable {
  enum Meaning {
    /// One instance at a time, whose name comes back after a restart.
    case instance
    /// One instance, whose name never comes back.
    case neverRecurs
    /// Many instances, or none in particular.
    case shared
  }

  /// Kept apart so that a roster of one kind of thing never covers another.
  enum Form: Hashable {
    /// `web.1`, and `run.9157` which never recurs.
    case dyno
    /// `web-12a34b56d-e78f9`
    case dynoOfNewGeneration
    /// `celery@host`
    case atHost
    /// `shop-0`
    case statefulPod
    /// `shop-7d9f8b6c5d-x2vlq`, `backup-28394820-x2vlq`, `agent-x2vlq`
    case hashedPod
    case other
  }

  var meaning: Meaning
  var form: Form
  /// The name with its instance folded: `web.*`, `celery@*`, `shop-*`.
  var family: String
  /// Whether a pooler appended its client's address (application_name_add_host).
  var isPoolers = false

  init(_ name: String) {
    let application = Self.withoutHost(name)
    let bare = application ?? name
    (meaning, form, family) =
      Self.atHost(bare) ?? Self.dyno(bare) ?? Self.hashed(bare) ?? Self.statefulPod(bare)
      ?? (.shared, .other, bare)
    if application != nil { (meaning, isPoolers) = (.shared, true) }
  }

  private typealias Reading = (Meaning, Form, String)

  /// `name@host`; localhost is every machine's name.
  private static func atHost(_ name: String) -> Reading? {
    let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !name.contains(" ") else {
      return nil
    }
    let isAnybody = parts[1] == "localhost" || parts[1].hasPrefix("localhost.")
    return (isAnybody ? .shared : .instance, .atHost, "\(parts[0])@*")
  }

  /// Process types that Heroku numbers anew each time.
  private static let oneOffs: Set<Substring> = ["run", "scheduler", "release"]

  private static func dyno(_ name: String) -> Reading? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let (type, number) = (name[..<dot], name[name.index(after: dot)...])
    // `python3.11` and `shop-1.2` are versions.
    guard isNumber(number, digits: 1...5), let last = type.utf8.last, !isDigit(last),
      type.utf8.allSatisfy({ isLetter($0) || isDigit($0) || $0 == dash || $0 == underscore })
    else { return nil }
    return (oneOffs.contains(type) ? .neverRecurs : .instance, .dyno, "\(type).*")
  }

  /// Names that end in random characters: Kubernetes leaves out vowels and what looks like one
  /// (apimachinery's util/rand), so that no word comes out.
  private static func hashed(_ name: String) -> Reading? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 2, let end = parts.last, end.utf8.count == 5,
      name.utf8.allSatisfy({ isLowerCase($0) || isDigit($0) || $0 == dash || $0 == dot })
    else { return nil }
    let before = parts[parts.count - 2]
    func family(_ count: Int) -> String { parts.prefix(count).joined(separator: "-") + "-*" }
    if parts.count >= 3, before.utf8.count == 9, before.utf8.allSatisfy(isHex),
      end.utf8.allSatisfy(isHex)
    {
      return (.neverRecurs, .dynoOfNewGeneration, family(parts.count - 2))
    }
    guard end.utf8.allSatisfy(isSafe), parts[0] != "" else { return nil }
    let isReplicaSet = (6...10).contains(before.utf8.count) && before.utf8.allSatisfy(isSafe)
    let isCronJob = before.utf8.count >= 7 && before.utf8.allSatisfy(isDigit)
    let hasTwo = parts.count >= 3 && (isReplicaSet || isCronJob)
    return (.neverRecurs, .hashedPod, family(parts.count - (hasTwo ? 2 : 1)))
  }

  private static func statefulPod(_ name: String) -> Reading? {
    guard let at = name.lastIndex(of: "-") else { return nil }
    let (base, ordinal) = (name[..<at], name[name.index(after: at)...])
    // Beyond three digits it is a year, a port or a count of something else.
    guard isNumber(ordinal, digits: 1...3), let first = base.utf8.first, first != dash,
      base.utf8.last != dash,
      base.utf8.allSatisfy({ isLowerCase($0) || isDigit($0) || $0 == dash })
    else { return nil }
    return (.instance, .statefulPod, "\(base)-*")
  }

  /// The name before ` - address:port`, nil where there is no such ending.
  private static func withoutHost(_ name: String) -> String? {
    // One `:` and three bytes are the least; most names have none.
    guard let colon = name.lastIndex(of: ":"),
      isNumber(name[name.index(after: colon)...], digits: 1...5)
    else { return nil }
    let front = name[..<colon]
    guard let blank = front.lastIndex(of: " ") else { return nil }
    let address = front[front.index(after: blank)...].drop { $0 == "[" }.prefix { $0 != "]" }
    let rest = front[..<blank]
    // PgBouncer writes "unix(PID)" for clients on its socket.
    guard rest.hasSuffix(" -") || rest == "-",
      NetworkAddress(address) != nil || address.hasPrefix("unix")
    else { return nil }
    return String(rest.dropLast(rest == "-" ? 1 : 2))
  }

  // MARK: - Bytes

  private static let (dash, dot, underscore) = (
    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_")
  )
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isLowerCase(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
  private static func isLetter(_ byte: UInt8) -> Bool { isLowerCase(byte | 0x20) }
  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte >= 0x61 && byte <= 0x66
  }
  private static let safe = Set("bcdfghjklmnpqrstvwxz2456789".utf8)
  private static func isSafe(_ byte: UInt8) -> Bool { safe.contains(byte) }

  /// A whole number as people count: no zero in front.
  private static func isNumber(_ text: Substring, digits: ClosedRange<Int>) -> Bool {
    digits.contains(text.utf8.count) && text.utf8.allSatisfy(isDigit)
      && (text.utf8.first != 0x30 || text.utf8.count == 1)
  }
}
