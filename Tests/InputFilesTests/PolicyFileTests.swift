import InputFiles
import SessionAudit
import TestRandom
import Testing

struct PolicyFileTests {
  private static let whole = """
    # What the shop needs.
    [defaults]
    stale_after = "2h"
    restart_grace = "0s"
    clock_tolerance = "1m"
    max_age_slack = "45s"
    max = 50
    max_share = 30
    keep = 1
    trust = "declared"
    log = "run.log"
    metrics = '/var/lib/x.prom'
    timeout = "20s"
    connect_timeout = "500ms"

    [[target]]
    name = "shop"
    url_env = "SHOP_URL"
    [target.roster]
    command = ["heroku", "ps", "--json"]
    covers = [
      "web.*",
      "10.0.0.0/8",
    ]
    complete = true
    [[target.application]]
    match = "web.*"
    instances = 2

    [[target]]
    name = "ledger"
    conninfo = "host=db.example dbname=ledger"
    [target.roster]
    command = "kubectl get pods -o json"

    [[target]]
    name = "crm"
    service = "crm"
    roster.file = "alive.txt"

    [[application]]
    match = "web.*"
    user = "app"
    database = "sh*"
    max_age = "10m"
    stale_after = "30m"
    keep = 2
    trust = "suspects"

    [[application]]
    match = ""
    protect = true
    one_instance = false

    [[application]]
    match = "orders"
    max_age = "30m"
    closes_itself = true
    pool_size = 10
    pooled = false

    [network]
    poolers = ["10.9.0.1", "fd00::/8"]
    shared_addresses = "10.8.0.0/16"

    [hook]
    command = "notify"
    timeout = "3s"
    """

  private func read(_ text: String) throws(PolicyFileErrors) -> PolicyFile {
    try PolicyFile.read(Array(text.utf8)) { $0.contains("password") ? "holds a password" : nil }
  }

  private func errors(_ text: String) -> [String] {
    do throws(PolicyFileErrors) {
      _ = try read(text)
      return []
    } catch {
      return error.errors.map { "\($0.line ?? 0) \($0.field ?? "-") \($0.problem)" }
    }
  }

  @Test func readsEveryKeyWithItsLine() throws {
    let file = try read(Self.whole)
    let defaults = file.defaults
    #expect(defaults.staleAfter == .init(.seconds(7200), line: 3))
    #expect(defaults.restartGrace == .init(.zero, line: 4))
    #expect(defaults.clockTolerance?.value == .seconds(60))
    #expect(defaults.maxAgeSlack?.value == .seconds(45))
    #expect(defaults.max == .init(50, line: 7) && defaults.maxShare?.value == 30)
    #expect(defaults.keep?.value == 1 && defaults.trust == .init(.declared, line: 10))
    #expect(defaults.log?.value == "run.log" && defaults.metrics?.value == "/var/lib/x.prom")
    #expect(defaults.timeout?.value == .seconds(20))
    #expect(defaults.connectTimeout == .init(.milliseconds(500), line: 14))

    #expect(file.targets.map(\.name) == ["shop", "ledger", "crm"])
    #expect(
      file.targets.map(\.source.value) == [
        .urlVariable("SHOP_URL"), .conninfo("host=db.example dbname=ledger"), .service("crm"),
      ])
    #expect(file.targets.map(\.line) == [17, 31, 37])
    let roster = try #require(file.targets[0].roster)
    #expect(roster.origin == .command(.words(["heroku", "ps", "--json"])) && roster.isComplete)
    #expect(roster.covers == [.init("web.*", line: 22), .init("10.0.0.0/8", line: 23)])
    #expect(
      file.targets[1].roster?.origin == .command(.shell("kubectl get pods -o json")))
    #expect(file.targets[2].roster?.origin == .file("alive.txt"))
    #expect(file.targets[0].applications.map(\.instances) == [.init(2, line: 28)])

    let web = file.applications[0]
    #expect(web.match == "web.*" && web.user == "app" && web.database == "sh*")
    #expect(web.maxAge == .init(.seconds(600), line: 45) && web.line == 42)
    #expect(web.staleAfter?.value == .seconds(1800) && web.keep?.value == 2)
    #expect(web.trust == .init(.suspects, line: 48) && web.protect == nil)
    let nameless = file.applications[1]
    #expect(nameless.match.isEmpty && nameless.protect?.value == true)
    #expect(nameless.oneInstance == .init(false, line: 53))
    #expect(file.poolers.map(\.value.text) == ["10.9.0.1", "fd00::/8"])
    let orders = file.applications[2]
    #expect(orders.closesItself == .init(true, line: 58) && orders.poolSize == .init(10, line: 59))
    #expect(orders.pooled == .init(false, line: 60))
    #expect(file.sharedAddresses.map(\.line) == [64])
    let hook = try #require(file.hook)
    #expect(hook.command == .shell("notify") && hook.line == 67)
    #expect(hook.timeout == .init(.seconds(3), line: 68))
    #expect(file.saysWhatMayBeEnded && file.roster == nil)
  }

  @Test func anEmptyFileSaysNothing() throws {
    for text in ["", "# nothing\n", "\u{FEFF}[defaults]\n", "target = []"] {
      let file = try read(text)
      #expect(file == PolicyFile() && !file.saysWhatMayBeEnded)
    }
    let never = try read("[defaults]\ntrust = \"never\"")
    #expect(!never.saysWhatMayBeEnded)
  }

  /// A file, and the beginnings of the errors in it.
  private static let wrong: [(String, [String])] = [
    ("[defaults\n", ["1 - is no TOML: "]),
    ("a = 1\na = 2", ["2 - is no TOML: "]),
    ("[defaults]\nlog = \"\u{1}\"", ["2 - is no TOML: "]),
    ("stale_after = \"1h\"", ["1 stale_after has no place here, but in [defaults]"]),
    ("[default]", ["1 default is no known key; defaults is the nearest"]),
    ("[[targets]]", ["1 targets is no known key; target is the nearest"]),
    (
      "[defaults]\nmax_age = \"1h\"",
      ["2 defaults.max_age has no place here, but in [[application]]"]
    ),
    (
      "[defaults]\nstal_after = \"1h\"",
      ["2 defaults.stal_after is no known key; stale_after is the nearest"]
    ),
    (
      "[defaults]\nsatle_after = \"1h\"",
      ["2 defaults.satle_after is no known key; stale_after is the nearest"]
    ),
    ("[defaults]\n\"\\u001B[31m\" = 1", ["2 defaults.(another key) is no known key; known here: "]),
    ("[defaults]\nxyzzy = 1", ["2 defaults.xyzzy is no known key; known here: stale_after, "]),
    (
      "[defaults]\npooler = \"::1\"",
      ["2 defaults.pooler is no known key; the nearest is poolers in [network]"]
    ),
    ("defaults = 1", ["1 defaults is a number, and must be a table: [defaults]"]),
    ("target = \"x\"", ["1 target is a string, and must be an array of tables: [[target]]"]),
    ("[target]\nname = \"a\"", ["1 target is a table, and must be an array of tables: [[target]]"]),
    ("target = [1]", ["1 target is a number, and must be a table"]),
    ("[defaults]\nstale_after = 600", ["2 defaults.stale_after has no unit: write \"600s\""]),
    ("[defaults]\nstale_after = \"600\"", ["2 defaults.stale_after a duration needs a unit"]),
    ("[defaults]\nstale_after = \"0s\"", ["2 defaults.stale_after must be longer than nothing"]),
    (
      "[defaults]\nstale_after = true",
      ["2 defaults.stale_after is true or false, and must be a duration"]
    ),
    (
      "[defaults]\nstale_after = 1979-05-27",
      ["2 defaults.stale_after is a date or time, and must be"]
    ),
    ("[defaults]\nmax = \"50\"", ["2 defaults.max is a string, and must be a whole number"]),
    ("[defaults]\nmax = 0", ["2 defaults.max is 0, and must be from 1 up"]),
    ("[defaults]\nmax = 1.5", ["2 defaults.max is a number, and must be a whole number"]),
    ("[defaults]\nmax_share = 101", ["2 defaults.max_share is 101, and must be from 0 to 100"]),
    (
      "[defaults]\ntrust = \"infered\"",
      [
        "2 defaults.trust must be one of never, roster, declared, inferred, suspects; inferred is the nearest"
      ]
    ),
    ("[defaults]\ntrust = [\"roster\"]", ["2 defaults.trust is an array, and must be a string"]),
    ("[defaults]\nlog = \" \"", ["2 defaults.log is empty"]),
    ("[[target]]\nname = \"a\"", ["1 target says no server"]),
    ("[[target]]\nservice = \"a\"", ["1 target has no name"]),
    (
      "[[target]]\nname = \"a\"\nservice = \"a\"\nurl_env = \"A\"",
      ["4 target.url_env names the server once more (line 3)"]
    ),
    (
      "[[target]]\nname = \"a\"\nurl_env = \"postgres://u:geheim@h/d\"",
      ["3 target.url_env must be the name of an environment variable"]
    ),
    (
      "[[target]]\nname = \"a\"\nservice = \"host=x password=geheim\"",
      ["3 target.service must be the name of a service"]
    ),
    (
      "[[target]]\nname = \"a\"\nconninfo = \"password=geheim\"",
      ["3 target.conninfo holds a password"]
    ),
    (
      "[[target]]\nname = \"a\"\nservice = \"a\"\n[[target]]\nname = \"a\"\nservice = \"b\"",
      ["5 target.name is the name of another one (line 2)"]
    ),
    (
      "[[target]]\nname = \"a\"\nservice = \"a\"\n[[target]]\nname = \"a\"",
      ["4 target says no server", "5 target.name is the name of another one (line 2)"]
    ),
    (
      "[[target]]\nname = \"a\"\nconninfo = \"password=geheim\"\nservice = \"a\"",
      [
        "3 target.conninfo holds a password",
        "4 target.service names the server once more (line 3)",
      ]
    ),
    (
      "[[target]]\nname = \"\"\nservice = \"a\"\n[[target]]\nname = \"\"\nservice = \"b\"",
      ["2 target.name is empty", "5 target.name is empty"]
    ),
    (
      "[[target]]\nname = \"a\"\n[[target]]\nname = \"b\"\nservice = \"b\"\n[roster]\nfile = \"x\"",
      ["1 target says no server", "7 roster speaks of one target, and there are 2"]
    ),
    (
      "[[target]]\nname = \"postgres://u:geheim@h/d\"\nservice = \"a\"",
      ["2 target.name must be a name"]
    ),
    (
      "[[application]]\nmatch = \"\(String(repeating: "a", count: 64))\"\nkeep = 1",
      ["2 application.match is longer than the 63 bytes"]
    ),
    ("[defaults]\nmetrics = \"-\"", ["2 defaults.metrics needs the name of a file"]),
    ("[[application]]\nkeep = 1", ["1 application has no match"]),
    ("[[application]]\nmatch = 1\nkeep = 1", ["2 application.match is a number"]),
    ("[[application]]\nmatch = \"a\"", ["2 application says nothing of the applications"]),
    (
      "[[application]]\nmatch = \"a\"\nprotect = \"yes\"",
      ["3 application.protect is a string, and must be true or false"]
    ),
    (
      "[[application]]\nmatch = \"a\"\nprotect = true\ntrust = \"roster\"",
      ["4 application.trust contradicts protect (line 3)"]
    ),
    (
      "[[application]]\nmatch = \"a\"\npool_size = 0\npooled = 1",
      ["3 application.pool_size", "4 application.pooled is a number"]
    ),
    (
      "[[application]]\nmatch = \"a\"\ncloses_itself = true",
      ["3 application.closes_itself needs a max_age beside it"]
    ),
    (
      "[[application]]\nmatch = \"a\"\none_instance = true\ninstances = 2",
      ["4 application.instances contradicts one_instance (line 3)"]
    ),
    (
      "[[application]]\nmatch = \"a\"\nuser = \"u\"\none_instance = true",
      ["4 application.one_instance is about the name alone"]
    ),
    (
      "[[application]]\nmatch = \"a\"\nkeep = 1\n[[application]]\nmatch = \"a\"\nmax_age = \"1m\"\nkeep = 2",
      ["7 application.keep is said twice of \"a\" (line 3)"]
    ),
    (
      "[network]\npoolers = [7, \"10.0.0.1/8\"]",
      [
        "2 network.poolers is a number",
        "2 network.poolers has \"10.0.0.1/8\", which is no address",
      ]
    ),
    (
      "[network]\npoolers = \"::1\"\nshared_addresses = \"::1\"",
      ["3 network.shared_addresses has ::1, which poolers have already (line 2)"]
    ),
    ("[roster]\ncomplete = true", ["1 roster says no file and no command"]),
    ("[roster]\nfile = \"-\"", ["2 roster.file can't be stdin"]),
    (
      "[roster]\nfile = \"a\"\ncommand = \"b\"",
      ["3 roster.command is a second origin (line 2)"]
    ),
    ("[roster]\ncommand = []", ["2 roster.command names no program"]),
    ("[roster]\ncommand = [\"a\", 1]", ["2 roster.command is a number, and must be a string"]),
    (
      "[roster]\nfile = \"a\"\ncovers = [\"10.0.0.1/8\"]",
      ["3 roster.covers has \"10.0.0.1/8\", which is no address or range"]
    ),
    ("[hook]\ntimeout = \"1s\"", ["1 hook has no command"]),
    (
      "[[target]]\nname = \"a\"\nservice = \"a\"\n[target.roster]\nfile = \"x\"\n[roster]\nfile = \"y\"",
      ["5 target.roster contradicts [roster] (line 7)"]
    ),
    (
      """
      [[target]]
      name = "a"
      service = "a"
      [[target]]
      name = "b"
      service = "b"
      [[application]]
      match = "web.*"
      instances = 2
      [roster]
      file = "x"
      """,
      [
        "9 application.instances speaks of one target, and there are 2",
        "11 roster speaks of one target, and there are 2",
      ]
    ),
  ]

  @Test(arguments: wrong)
  func saysWhatIsWrongAndWhere(_ text: String, _ expected: [String]) {
    let found = errors(text)
    #expect(found.count == expected.count, "\(found)")
    for (error, beginning) in zip(found, expected) {
      #expect(error.hasPrefix(beginning), "\(error)")
      #expect(!error.contains("geheim") && !error.contains("\u{1B}"), "\(error)")
    }
  }

  @Test func namesAllErrorsByLine() {
    let found = errors("[defaults]\nmax = -1\nkeep = -1\nx = 1\n[[application]]\n[[target]]\n")
    #expect(found.map { $0.prefix(1) } == ["2", "3", "4", "5", "6", "6"])
  }

  /// What was cut or mixed up is read or refused; nothing traps.
  @Test func survivesAnything() {
    var random = Seeded.printed("PolicyFileTests.survivesAnything")
    let (valid, bytes) = (Array(Self.whole.utf8), Array("[]{}=\"'\\.#\n\u{0}\u{FF}0aé".utf8))
    var (read, refused) = (0, 0)
    for _ in 0..<3_000 {
      var text = valid
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: text.removeSubrange(place...)
        case 1: text[place] = bytes.randomElement(using: &random) ?? 0
        case 2: text.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default:
          let other = Int.random(in: 0..<text.count, using: &random)
          text.removeSubrange(min(place, other)..<max(place, other))
        }
        if text.isEmpty { text = [0x0A] }
      }
      do throws(PolicyFileErrors) {
        _ = try PolicyFile.read(text) { _ in nil }
        read += 1
      } catch {
        #expect(!error.errors.isEmpty)
        refused += 1
      }
    }
    print("survivesAnything policy: \(read) read, \(refused) refused")
    #expect(read > 0 && refused > 0)
  }

  /// A table in a table in a table: as deep as its reader lets it, and refused beyond.
  @Test func deepNestingIsRefused() {
    for depth in [100, 5_000, 100_000] {
      let text =
        "a = " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(!errors(text).isEmpty)
      let dotted = Array(repeating: "a", count: depth).joined(separator: ".")
      #expect(!errors(dotted + " = 1").isEmpty)
      // Neither is deep by itself.
      let key = Array(repeating: "a", count: depth / 100).joined(separator: ".")
      let nested = String(repeating: "{\(key) = [", count: 100)
      #expect(!errors("a = " + nested + String(repeating: "]}", count: 100)).isEmpty)
    }
  }
}
