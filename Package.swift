// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "pgsessions",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "pgsessions", targets: ["pgsessions"])],
  dependencies: [
    // Exactly: it writes the help and the completions, which tests compare with committed files.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // The one door through which C comes in.
    .systemLibrary(
      name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    // The one door to the operating system: files, pipes, children, terminal, signals, clock, locks.
    .target(name: "OperatingSystem"),
    .target(name: "PostgresClient", dependencies: ["CLibpq", "OperatingSystem"]),

    // The SQL as files that a person can read and run in psql, built into the binary.
    .target(
      name: "Queries", path: "queries",
      resources: [.embedInCode("audit"), .embedInCode("terminate"), .embedInCode("doctor")]),

    // The heart: no I/O, no clock, no libpq.
    .target(name: "SessionAudit"),

    .target(
      name: "ServerAccess",
      dependencies: ["PostgresClient", "Queries", "SessionAudit", "OperatingSystem"]),
    // toml++, which is headers only, behind a C interface. It tells the line of each key.
    .target(
      name: "CToml",
      cxxSettings: [
        .unsafeFlags(
          ["-I/opt/homebrew/include", "-I/usr/local/include"], .when(platforms: [.macOS]))
      ]),
    // What users hand in as files: rosters, policies and saved reports.
    .target(name: "InputFiles", dependencies: ["CToml", "SessionAudit"]),
    .target(
      name: "Rendering", dependencies: ["SessionAudit"], resources: [.embedInCode("HTML/Page")]),
    // What is done with a target: audits, doctors and terminations, and whom they tell.
    .target(
      name: "Runs",
      dependencies: [
        "PostgresClient", "ServerAccess", "SessionAudit", "Rendering", "InputFiles",
        "OperatingSystem",
      ]),
    // Options, and commands that declare them.
    .target(
      name: "Commands",
      dependencies: [
        "Runs", "PostgresClient", "ServerAccess", "SessionAudit", "Rendering", "InputFiles",
        "OperatingSystem",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "pgsessions", dependencies: ["Commands", "OperatingSystem", "Runs"]),

    // Throw-away servers, the relay that lets clients vanish, and what is built on them.
    .target(
      name: "TestSupport", dependencies: ["PostgresClient", "OperatingSystem", "TestJSON"],
      path: "Tests/Support/TestSupport", exclude: ["Python", "Ruby"]),
    // Keeps the JSON that tests produce for the schemas.
    .target(name: "TestJSON", path: "Tests/Support/TestJSON"),
    .executableTarget(name: "dyno-relay", path: "Tests/Programs/DynoRelay"),
    .executableTarget(
      name: "demo", dependencies: ["TestSupport", "PostgresClient", "OperatingSystem"],
      path: "Tests/Programs/Demo"),
    .executableTarget(
      name: "bench",
      dependencies: [
        "TestSupport", "TestPages", "PostgresClient", "SessionAudit", "OperatingSystem",
        "Rendering",
        "measure",
      ],
      path: "Tests/Programs/Bench"),
    .executableTarget(name: "measure", path: "Tests/Programs/Measure"),
    .executableTarget(
      name: "log-writer", dependencies: ["Runs", "Rendering", "SessionAudit"],
      path: "Tests/Programs/LogWriter"),

    // Reports of many sessions and of hostile text, and pictures of them.
    .target(
      name: "TestPages", dependencies: ["SessionAudit"], path: "Tests/Support/TestPages"),
    .executableTarget(
      name: "page-pictures",
      dependencies: ["TestPages", "TestSupport", "Rendering", "SessionAudit"],
      path: "Tests/Programs/PagePictures"),

    .target(name: "TestTraits", dependencies: ["TestSupport"], path: "Tests/Support/TestTraits"),
    .target(name: "TestRandom", path: "Tests/Support/TestRandom"),
    // What the contract's words make of a true history, written a second time.
    .target(name: "TestOracle", path: "Tests/Support/TestOracle"),
    .target(
      name: "TestStress",
      dependencies: ["TestSupport", "TestRandom", "PostgresClient", "OperatingSystem"],
      path: "Tests/Support/TestStress"),
    .executableTarget(
      name: "stress", dependencies: ["TestStress", "TestSupport"], path: "Tests/Programs/Stress"),
    .target(
      name: "TestSoak",
      dependencies: [
        "TestSupport", "TestRandom", "TestOracle", "TestStress", "TestJSON", "PostgresClient",
        "OperatingSystem",
      ], path: "Tests/Support/TestSoak"),
    .executableTarget(
      name: "soak", dependencies: ["TestSoak", "TestSupport", "TestRandom"],
      path: "Tests/Programs/Soak"),

    // What is delivered, in a clean root.
    .executableTarget(
      name: "package-check", dependencies: ["OperatingSystem", "TestSupport"],
      path: "Tests/Programs/PackageCheck"),

    .testTarget(
      name: "OperatingSystemTests", dependencies: ["OperatingSystem", "TestSupport", "TestTraits"]),
    .testTarget(
      name: "PostgresClientTests",
      dependencies: ["PostgresClient", "OperatingSystem", "TestSupport", "TestTraits"]),
    .testTarget(name: "SessionAuditTests", dependencies: ["SessionAudit", "TestRandom"]),
    .testTarget(
      name: "InputFilesTests",
      dependencies: ["InputFiles", "Rendering", "SessionAudit", "TestJSON", "TestRandom"]),
    .testTarget(
      name: "RenderingTests",
      dependencies: ["Rendering", "SessionAudit", "TestJSON", "TestPages", "TestSupport"],
      exclude: ["Golden"]),
    .testTarget(
      name: "CorpusTests",
      dependencies: ["Commands", "InputFiles", "Rendering", "Runs", "SessionAudit", "TestJSON"],
      exclude: ["Cases"]),
    .testTarget(
      name: "SchemaTests",
      dependencies: ["InputFiles", "Rendering", "SessionAudit", "TestSupport"],
      exclude: ["Published"]),
    .testTarget(
      name: "ServerAccessTests",
      dependencies: [
        "ServerAccess", "SessionAudit", "PostgresClient", "Queries", "OperatingSystem",
        "TestRandom",
        "TestSupport", "TestTraits",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Commands", "Runs", "Rendering", "SessionAudit", "OperatingSystem", "TestOracle",
        "TestPages",
        "TestRandom",
        "TestSoak",
        "TestStress", "TestSupport", "TestTraits", "PostgresClient", "pgsessions", "dyno-relay",
        "log-writer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], exclude: ["Help"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// Set by scripts/test. Not -warnings-as-errors on the command line: that would reach dependencies.
if Context.environment["PGSESSIONS_WARNINGS_AS_ERRORS"] == "1" {
  for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}

// Set by scripts/test: the program as users have it, and the heart's long histories in a third of the
// time, so that tests which go by the clock are not kept waiting.
if Context.environment["PGSESSIONS_OPTIMIZED"] == "1" {
  let histories = ["SessionAuditTests", "TestOracle", "TestRandom"]
  for target in package.targets
  where target.type == .regular && target.path == nil || histories.contains(target.name) {
    target.swiftSettings =
      (target.swiftSettings ?? []) + [.unsafeFlags(["-O", "-assert-config", "Debug"])]
  }
}
