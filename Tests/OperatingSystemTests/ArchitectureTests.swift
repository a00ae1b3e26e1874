import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The system has one door, and the pure parts none.
struct ArchitectureTests {
  private static let root =
    "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

  /// The modules that each file in Sources imports, by its path there.
  private static func imports() throws -> [(file: String, module: String)] {
    let folder = "\(root)/Sources"
    return try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".swift") }
      .flatMap { file in
        let text = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
        return String(decoding: text, as: UTF8.self).matches(
          of:
            /(?m)^ *(?:@\w+ +)?(?:\w+ +)?import +(?:(?:struct|class|enum|protocol|func|var|let|typealias) +)?(\w+)/
        ).map { (file, String($0.1)) }
      }
  }

  private static let platforms: Set<String> = [
    "Glibc", "Musl", "Darwin", "Bionic", "Android", "Foundation", "FoundationEssentials",
    "Dispatch",
  ]

  @Test func nobodyElseImportsThePlatform() throws {
    let imports = try Self.imports()
    #expect(imports.count { $0.file.hasPrefix("OperatingSystem/") && $0.module == "Glibc" } > 10)
    let others = imports.filter {
      Self.platforms.contains($0.module) && !$0.file.hasPrefix("OperatingSystem/")
    }
    #expect(others.isEmpty, "only Sources/OperatingSystem asks the system: \(others)")
    let heavy = imports.filter { $0.module.hasPrefix("Foundation") || $0.module == "Dispatch" }
    #expect(heavy.isEmpty, "\(heavy)")
  }

  /// Which of our modules each knows: docs/architecture.md draws it.
  private static let knows: [String: Set<String>] = [
    "OperatingSystem": [],
    "SessionAudit": [],
    "Rendering": ["SessionAudit"],
    "InputFiles": ["CToml", "SessionAudit"],
    "PostgresClient": ["CLibpq", "OperatingSystem"],
    "ServerAccess": ["OperatingSystem", "PostgresClient", "Queries", "SessionAudit"],
    "Runs": [
      "InputFiles", "OperatingSystem", "PostgresClient", "Rendering", "ServerAccess",
      "SessionAudit",
    ],
    "Commands": [
      "InputFiles", "OperatingSystem", "PostgresClient", "Rendering", "Runs", "ServerAccess",
      "SessionAudit",
    ],
    "pgsessions": ["Commands", "OperatingSystem", "Runs"],
  ]

  @Test func noModuleKnowsWhoIsAboveIt() throws {
    let ours = Set(Self.knows.keys).union(["CLibpq", "CToml", "Queries"])
    let folders = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/Sources")
    #expect(Set(folders) == ours.subtracting(["Queries"]), "a module that is not drawn")
    for (file, module) in try Self.imports() where ours.contains(module) {
      let known = try #require(Self.knows[String(file.prefix { $0 != "/" })], "\(file)")
      #expect(known.contains(module), "\(file) imports \(module)")
    }
  }

  /// What the page calls by its path in Sources, Tests or docs is there.
  @Test func whatThePageNamesIsThere() throws {
    let page = String(
      decoding: try Data(contentsOf: URL(filePath: "\(Self.root)/docs/architecture.md")),
      as: UTF8.self)
    let paths = page.matches(of: /`((?:[A-Za-z]+\/)+[A-Za-z+]*)(?:\.(?:swift|sql|md))?`/).map {
      String($0.1)
    }
    #expect(paths.count > 40)
    for path in Set(paths) {
      let places = ["Sources/\(path)", path].flatMap { [$0, $0 + ".swift", $0 + ".md"] }
      #expect(
        places.contains { FileManager.default.fileExists(atPath: "\(Self.root)/\($0)") }, "\(path)")
    }
  }

  /// A script that reads a file which has moved fails only where it is run.
  @Test func whatScriptsReadOfTheSourcesIsThere() throws {
    let scripts = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/scripts")
    var named: Set<String> = []
    for script in scripts {
      let text = try Data(contentsOf: URL(filePath: "\(Self.root)/scripts/\(script)"))
      named.formUnion(
        String(decoding: text, as: UTF8.self)
          .matches(of: /(?:Sources|Tests)\/[\w\/+]+\.\w+/).map { String($0.0) })
    }
    #expect(named.count > 2)
    for path in named {
      #expect(FileManager.default.fileExists(atPath: "\(Self.root)/\(path)"), "\(path)")
    }
  }
}
