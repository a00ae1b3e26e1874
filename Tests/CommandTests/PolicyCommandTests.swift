import TestSupport
import Testing

/// `policy check` and `policy show`, which ask no server.
struct PolicyCommandTests {
  private static let text = """
    [defaults]
    trust = "declared"
    [[target]]
    name = "shop"
    url_env = "SHOP"
    roster.file = "alive"
    [[target]]
    name = "ledger"
    conninfo = "host=db.example dbname=ledger"
    [[target.application]]
    match = "web.*"
    instances = 2
    [[application]]
    match = "web.*"
    user = "app"
    max_age = "10m"
    [[application]]
    match = "web.2"
    protect = true
    [[application]]
    match = "celery@*"
    trust = "inferred"
    [[application]]
    match = "reports"
    trust = "never"
    """

  private func policy(_ arguments: String..., input: String = text) throws -> ProcessOutcome {
    try Fixture.run(["policy"] + arguments, input: input)
  }

  @Test func checkSaysWhatIsRightInOneLine() throws {
    let outcome = try policy("check", "-")
    #expect(outcome.status == 0 && outcome.stderr.isEmpty, "\(outcome.stderr)")
    #expect(
      outcome.stdout
        == "stdin: right; 2 targets, 5 entries about applications; by itself it lets terminate end "
        + "sessions, at most on inferred\n")
  }

  @Test func checkNamesEveryErrorAndDoubt() throws {
    let wrong = try policy("check", "-", input: "[defaults]\nmax = \"x\"\nkep = 1\n[[target]]\n")
    #expect(wrong.status == 65 && wrong.stdout.isEmpty)
    #expect(wrong.stderr.split(separator: "\n").count == 4, "\(wrong.stderr)")
    for doubtful in [
      "[defaults]\ntrust = \"roster\"",
      "[[application]]\nmatch = \"a\"\ntrust = \"declared\"",
      "[defaults]\ntrust = \"roster\"\n[[target]]\nname = \"b\"\nservice = \"b\"",
    ] {
      let outcome = try policy("check", "-", input: doubtful)
      #expect(outcome.status == 0 && outcome.stderr.contains("can be ended by this file alone"))
      #expect(outcome.stdout.hasSuffix("by itself it lets terminate end nothing\n"))
    }
    for fine in [
      "[defaults]\ntrust = \"never\"", "[defaults]\ntrust = \"inferred\"",
      "[defaults]\ntrust = \"declared\"\n[[application]]\nmatch = \"\"\ninstances = 3",
      "[defaults]\ntrust = \"roster\"\n[roster]\nfile = \"x\"",
    ] {
      #expect(try policy("check", "-", input: fine).stderr.isEmpty, "\(fine)")
    }
  }

  /// Of several targets it may be so of one.
  @Test func checkCountsTheTargetsOfWhichSomethingCanBeEnded() throws {
    let text =
      "[defaults]\ntrust = \"declared\"\n"
      + ["a", "b"].map { "[[target]]\nname = \"\($0)\"\nservice = \"s\"\n" }.joined()
    let none = try policy("check", "-", input: text)
    #expect(none.stdout.hasSuffix("end nothing\n"), "\(none.stdout)")
    let one = try policy("check", "-", input: text + "[target.roster]\nfile = \"x\"\n")
    #expect(one.stdout.hasSuffix("end sessions, at most on declared\n"), "\(one.stdout)")
    #expect(one.stderr.contains("nothing of target a can be ended"), "\(one.stderr)")
  }

  @Test func checkDoubtsWhatOpensNoClass() throws {
    func warnings(_ match: String) throws -> [Substring] {
      try policy("check", "-", input: "[[application]]\nmatch = '\(match)'\nkeep = 1\n")
        .stderr.split(separator: "\n")
    }
    for match in ["web.[1", "[", "a[!]", "[]", "[a][b"] {
      #expect(
        try warnings(match) == [
          "pgsessions: warning: stdin, line 2, application.match: in \"\(match)\" a [ opens no class, so "
            + "it is taken as it stands"
        ])
    }
    for match in ["web.[12]", "web.\\[1", "[]]", "[!]x]", "a]"] {
      #expect(try warnings(match).isEmpty, "\(match)")
    }
  }

  private static let hints = [
    ("stale_after = 1h", "stand in quotes"), ("log = \"x", "closing quote"),
    ("log = \u{201C}x\u{201D}", "straight quotes"), ("[network", "two brackets"),
  ]

  @Test(arguments: hints)
  func whatIsNoTOMLGetsAHint(_ line: String, _ hint: String) throws {
    let outcome = try policy("check", "-", input: "[defaults]\n\(line)\n")
    #expect(outcome.status == 65 && outcome.stderr.contains("line 2: is no TOML: "))
    #expect(outcome.stderr.contains(hint), "\(outcome.stderr)")
  }

  /// Of each target, by name: the value, the line that says it, and what follows from all of them.
  @Test func showSaysWhatHoldsAndWhere() throws {
    func shown(_ arguments: String...) throws -> [[String]] {
      let outcome = try Fixture.run(["policy", "show", "-"] + arguments, input: Self.text)
      #expect(outcome.status == 0 && outcome.stderr.isEmpty, "\(outcome.stderr)")
      return outcome.stdout.components(of: "\n\n")
    }
    let web = try shown("web.1", "--user", "app")
    #expect(web.count == 2 && web[0][0] == "sessions of web.1 of target shop")
    #expect(web[0].contains("  max_age         10m                line 16, \"web.*\""))
    #expect(web[0].contains("  trust           declared           line 2, defaults"))
    #expect(!web[0].contains { $0.contains("instances ") })
    #expect(web[0].last == "  may be ended    where the roster (line 6) lacks its owner")
    #expect(web[1].contains("  instances       2                  line 12, \"web.*\""))
    #expect(web[1].last == "  may be ended    where more than its instances run")
    #expect(try shown("web.1")[0].contains { $0.contains("max_age") } == false, "of another role")
    for (name, conclusion) in [
      ("web.2", "never: it is protected"), ("reports", "never"),
      ("nginx", "where the roster (line 6) lacks its owner"),
      (
        "celery@a",
        "where the roster (line 6) lacks its owner, or another of its name has taken its place"
      ),
    ] {
      #expect(try shown(name)[0].last == "  may be ended    \(conclusion)")
    }
    let whole = try shown()
    #expect(
      whole.map { $0[0] } == [
        "defaults", "target shop", "target ledger", "application \"web.*\", of ledger alone",
        "application \"web.*\" (role app)", "application \"web.2\"", "application \"celery@*\"",
        "application \"reports\"",
      ])
    #expect(
      whole[1] == [
        "target shop", "  url_env         SHOP   line 5", "  roster file     alive  line 6",
      ])
  }

  /// What an option could end is told from what none can.
  @Test func showTellsNeverFromNotByTheFile() throws {
    let text = "[[application]]\nmatch = \"reports\"\ntrust = \"never\"\n"
    for (name, conclusion) in [
      ("reports", "never"), ("web", "never by the file alone: it says no trust"),
    ] {
      let outcome = try policy("show", "-", name, input: text)
      #expect(outcome.stdout.hasSuffix("  may be ended    \(conclusion)\n"), "\(outcome.stdout)")
    }
  }

  /// What a file says is shown without playing tricks on the terminal.
  @Test func showEscapes() throws {
    let outcome = try policy(
      "show", "-", "a\u{1B}[31m", input: "[[application]]\nmatch = \"a\\u001B[31m\"\nkeep = 1")
    #expect(outcome.status == 0 && !outcome.stdout.contains("\u{1B}"), "\(outcome.stdout)")
  }
}

extension String {
  /// Its parts, each as lines.
  fileprivate func components(of separator: String) -> [[String]] {
    split(separator: separator).map { $0.split(separator: "\n").map(String.init) }
  }
}
