/// What an application_name says of the process behind it, read from its form alone. Where a form
/// is doubtful the reading is `shared`, on which no orphan rests.
struct InstanceName {
  enum Meaning {
    /// One instance at a time, whose name comes back after a restart.
    case instance
    /// A number counts it, which may as well be a process's, a shard's or a tenant's: one instance
    /// only where what is seen says so too.
    case numbered
    /// One instance, whose name never comes back.
    case neverRecurs
    /// Many instances, or none in particular.
    case shared
  }

  /// Kept apart so that a roster of one kind of thing never covers another.
  enum Form: Hashable {
    /// `web.1`, and `run.9157` which never recurs.
    case dyno
    /// `celery@host`
    case atHost
    /// `shop-0`
    case statefulPod
    /// `shop-7d9f8b6c5d-x2vlq`, `backup-28394820-x2vlq`. Few names could be a dyno's of the new
    /// generation as well.
    case hashed
    /// `web-12a34b56d-e78f9`
    case hashedDyno
    /// `agent-x2vlq`, a pod of a DaemonSet or Job.
    case suffixed
    case other
  }

  private(set) var meaning: Meaning
  private(set) var form: Form
  /// Whether a pooler appended its client's address (application_name_add_host).
  private(set) var isPoolers = false
  private let name: String
  /// Bytes before what a pooler appended.
  private let bare: Int
  /// Bytes that stand before the instance; nil: there is none.
  private let kept: Int?

  /// The name with its instance folded: `web.*`, `celery@*`, `shop-*`; or with what is new at each
  /// start.
  var family: String {
    let front = name.utf8.prefix(kept ?? bare)
    guard kept == nil else { return String(Substring(front)) + "*" }
    return NameFolding.family(of: front) ?? String(Substring(front))
  }

  /// Whether it never comes back after a restart: a pod's of a Deployment, a container's, a process
  /// title with a pid. Such names tell nobody which instances there are.
  var isNewAtEachStart: Bool {
    if meaning == .neverRecurs { return true }
    guard form == .atHost, let kept else {
      return (form == .other || form == .statefulPod)
        && NameFolding.family(of: name.utf8.prefix(bare)) != nil
    }
    let host = name.utf8.dropFirst(kept)
    let isPod = host.withContiguousStorageIfAvailable { Self.hashed($0[...]) != nil } ?? false
    return isPod || NameFolding.family(of: host) != nil
  }

  /// Its number, where that is what counts it.
  var ordinal: Int? {
    guard form == .statefulPod, let kept else { return nil }
    return Int(Substring(name.utf8.prefix(bare).dropFirst(kept)))
  }

  init(_ name: String) {
    var text = name
    // Bytes, because every name of every audit comes through here.
    let (reading, bare) = text.withUTF8 { bytes -> (Reading?, Int?) in
      let bare = Self.lengthWithoutHost(bytes)
      // The server cuts names at 63 bytes, and with them perhaps what tells the instance.
      // Before 16 it also writes a question mark for each byte that is not ASCII, and names that
      // differ look alike.
      guard bytes.count < 63, !bytes.contains(UInt8(ascii: "?")) else { return (nil, bare) }
      return (Self.read(bytes[..<(bare ?? bytes.count)]), bare)
    }
    self.name = name
    (meaning, form, kept) = reading ?? (.shared, .other, nil)
    self.bare = bare ?? name.utf8.count
    if bare != nil { (meaning, isPoolers) = (.shared, true) }
  }

  /// `celery@HOST.example` as `celery@host`, so that one host has one spelling; nil for a name
  /// without a host.
  var shortHost: String? {
    guard form == .atHost, let at = name.firstIndex(of: "@") else { return nil }
    let host = name[name.index(after: at)...]
    if NetworkAddress(host) != nil { return name.lowercased() }
    return (name[...at] + host.prefix { $0 != "." }).lowercased()
  }

  private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>
  private typealias Reading = (Meaning, Form, kept: Int?)

  private static func read(_ name: Bytes) -> Reading? {
    atHost(name) ?? dyno(name) ?? hashed(name) ?? statefulPod(name)
  }

  /// `name@host`; localhost is every machine's name.
  private static func atHost(_ name: Bytes) -> Reading? {
    guard let at = name.firstIndex(of: UInt8(ascii: "@")), at > 0, at + 1 < name.endIndex,
      !name.contains(UInt8(ascii: " "))
    else { return nil }
    return (meansAnybody(name[(at + 1)...]) ? .shared : .instance, .atHost, at + 1)
  }

  /// Hosts that are every machine, versions, commits and environments.
  private static func meansAnybody(_ host: Bytes) -> Bool {
    // Placeholders that nobody filled in, and what no name of a host has.
    let isHosts = host.allSatisfy {
      isLetter($0) || isDigit($0) || $0 >= 0x80 || $0 == dash || $0 == dot || $0 == underscore
    }
    let isAddress = !isHosts || isDigit(host[host.startIndex])
    if isAddress, let address = NetworkAddress(String(decoding: host, as: UTF8.self)) {
      return address.isLoopback
    }
    if !isHosts || isRegion(host) { return true }
    let version = host.drop { $0 | 0x20 == UInt8(ascii: "v") }
    if version.allSatisfy({ isDigit($0) || $0 == dot }) { return true }
    // 12 are a container's name, which is its host's.
    if [7, 8, 40].contains(host.count), host.allSatisfy({ isHex($0 | 0x20) }) { return true }
    let small = String(decoding: host, as: UTF8.self).lowercased()
    return environments.contains(small) || small.utf8.count >= 9 && small.contains("localhost")
  }

  private static let environments: Set<String> = [
    "production", "prod", "staging", "stage", "development", "dev", "testing", "test", "main",
    "master", "live", "default", "latest", "head", "blue", "green", "canary", "eu", "us", "ap",
    "replica", "primary", "standby", "web", "api", "worker", "high", "low", "unknown", "none",
    "null", "docker", "k8s", "kubernetes", "db", "database", "postgres", "host", "hostname",
  ]

  /// What a number behind a point counts that is no process of a Procfile.
  private static let counted: Set<String> = [
    "tenant", "shard", "partition", "pool", "conn", "connection", "thread", "client", "port",
    "year", "job", "queue", "task",
  ]

  /// What stands before a version rather than a number of instances.
  private static let versioned: Set<String> = [
    "psql", "pg", "postgres", "postgresql", "node", "java", "jdk", "python", "ruby", "php", "perl",
    "go", "dotnet", "django", "rails", "version", "build", "utf", "sha", "tls", "http",
  ]

  private static let ports: Set<String> = [
    "3000", "5000", "5432", "8000", "8080", "8081", "8443", "9000",
  ]

  private static func dyno(_ name: Bytes) -> Reading? {
    guard let point = name.lastIndex(of: dot),
      isNumber(name[(point + 1)...], digits: 1...5)
    else { return nil }
    let type = name[..<point]
    // `python3.11` and `shop-1.2` are versions.
    guard let last = type.last, !isDigit(last),
      type.allSatisfy({ isLetter($0) || isDigit($0) || $0 == dash || $0 == underscore }),
      !versioned.contains(String(decoding: type, as: UTF8.self)),
      !counted.contains(String(decoding: type, as: UTF8.self))
    else { return nil }
    // Process types that Heroku numbers anew each time.
    let isOneOff = ["run", "scheduler", "release"].contains { type.elementsEqual($0.utf8) }
    // `shop.8080` is a port, and `report.2026` a year.
    let number = String(decoding: name[(point + 1)...], as: UTF8.self)
    guard isOneOff || !(ports.contains(number) || number.count == 4 && number.hasPrefix("20"))
    else { return nil }
    return (isOneOff ? .neverRecurs : .instance, .dyno, point + 1)
  }

  /// Names that end in random characters: Kubernetes leaves out vowels and what looks like one
  /// (apimachinery's util/rand), so that no word comes out.
  private static func hashed(_ name: Bytes) -> Reading? {
    guard let last = name.lastIndex(of: dash), last > 0, name.endIndex - last == 6,
      name.allSatisfy({ isLowerCase($0) || isDigit($0) || $0 == dash || $0 == dot })
    else { return nil }
    let (front, end) = (name[..<last], name[(last + 1)...])
    if let before = front.lastIndex(of: dash), before > 0 {
      let middle = front[(before + 1)...]
      if middle.count == 9, middle.allSatisfy(isHex), end.allSatisfy(isHex) {
        return (.neverRecurs, .hashedDyno, before + 1)
      }
      let isReplicaSet = (6...10).contains(middle.count) && middle.allSatisfy(isSafe)
      let isCronJob = middle.count >= 7 && middle.allSatisfy(isDigit)
      if end.allSatisfy(isSafe), isReplicaSet || isCronJob {
        return (.neverRecurs, .hashed, before + 1)
      }
    }
    // One in five has no digit, and could as well be a word: `shop-https`.
    let isRandom = end.allSatisfy(isSafe) && end.contains(where: isDigit)
    return isRandom ? (.neverRecurs, .suffixed, last + 1) : nil
  }

  private static func statefulPod(_ name: Bytes) -> Reading? {
    guard let at = name.lastIndex(of: dash), at > 0,
      isNumber(name[(at + 1)...], digits: 1...9), name[at - 1] != dash, name[0] != dash,
      name[..<at].allSatisfy({ isLowerCase($0) || isDigit($0) || $0 == dash }),
      name[..<at].contains(where: isLowerCase),
      !versioned.contains(String(decoding: name[..<at], as: UTF8.self))
    else { return nil }
    // `shop-eu-west-1` is a region, and everything in it bears its name.
    if isRegion(name) { return nil }
    return (.numbered, .statefulPod, at + 1)
  }

  /// `eu-west-1`, whatever stands before it.
  private static func isRegion(_ text: Bytes) -> Bool {
    guard let last = text.lastIndex(of: dash), last > text.startIndex, last + 1 < text.endIndex,
      text[(last + 1)...].allSatisfy(isDigit)
    else { return false }
    let front = text[..<last]
    let word = front[((front.lastIndex(of: dash) ?? front.startIndex - 1) + 1)...]
    return directions.contains { direction in
      direction.withUTF8Buffer { letters in
        isSame(word.prefix(letters.count), letters) || isSame(word.suffix(letters.count), letters)
      }
    }
  }

  /// Letters of either case.
  private static func isSame(_ text: Bytes, _ letters: UnsafeBufferPointer<UInt8>) -> Bool {
    text.count == letters.count && zip(text, letters).allSatisfy { $0 | 0x20 == $1 }
  }

  private static let directions: [StaticString] = ["north", "south", "east", "west", "central"]

  /// Whether a tool or a driver calls itself so wherever it runs: it tells no application from
  /// another.
  var isATools: Bool {
    let small = name.lowercased()
    return Self.tools.contains { tool in
      guard small.hasPrefix(tool) else { return false }
      // A version may stand behind it.
      return small.utf8.dropFirst(tool.utf8.count).first.map {
        Self.isDigit($0) || [0x20, Self.dot, UInt8(ascii: ":"), UInt8(ascii: "/")].contains($0)
      } ?? true
    }
  }

  private static let tools = [
    "psql", "pgcli", "pgadmin", "dbeaver", "datagrip", "tableplus", "navicat", "postico",
    "heidisql", "metabase", "tableau", "power bi", "grafana", "superset",
    "postgresql jdbc driver", "npgsql", "psqlodbc", "ruby", "pg_dump", "pg_restore", "pgbench",
  ]

  /// How many bytes stand before ` - address:port`; nil where there is no such ending.
  private static func lengthWithoutHost(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let colon = name.lastIndex(of: UInt8(ascii: ":")),
      isNumber(name[(colon + 1)...], digits: 1...5),
      let blank = name[..<colon].lastIndex(of: UInt8(ascii: " ")), blank > 0,
      name[blank - 1] == dash, blank == 1 || name[blank - 2] == UInt8(ascii: " ")
    else { return nil }
    let host = name[(blank + 1)..<colon].filter { $0 != 0x5B && $0 != 0x5D }
    let address = String(decoding: host, as: UTF8.self)
    // PgBouncer writes "unix(PID)" for clients on its socket.
    guard NetworkAddress(address) != nil || address.hasPrefix("unix") else { return nil }
    return max(0, blank - 2)
  }

  // MARK: - Bytes

  private static var dash: UInt8 { UInt8(ascii: "-") }
  private static var dot: UInt8 { UInt8(ascii: ".") }
  private static var underscore: UInt8 { UInt8(ascii: "_") }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isLowerCase(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
  private static func isLetter(_ byte: UInt8) -> Bool { isLowerCase(byte | 0x20) }
  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte >= 0x61 && byte <= 0x66
  }
  /// bcdfghjklmnpqrstvwxz2456789
  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
      UInt8(ascii: "u"), UInt8(ascii: "y"):
      false
    case UInt8(ascii: "0"), UInt8(ascii: "1"), UInt8(ascii: "3"): false
    default: isLowerCase(byte) || isDigit(byte)
    }
  }

  /// A whole number as people count: no zero in front.
  private static func isNumber(_ text: Bytes, digits: ClosedRange<Int>) -> Bool {
    digits.contains(text.count) && text.allSatisfy(isDigit)
      && (text.first != 0x30 || text.count == 1)
  }
}
