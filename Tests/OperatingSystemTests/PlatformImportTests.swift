import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The system has one door, and the pure parts none.
struct PlatformImportTests {
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

  @Test func theDoorAndThePurePartsStandAlone() throws {
    let ours = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/Sources")
    for (file, module) in try Self.imports() {
      let isPure = ["SessionAudit/", "Rendering/"].contains { file.hasPrefix($0) }
      #expect(!isPure || module != "OperatingSystem", "\(file)")
      #expect(!file.hasPrefix("OperatingSystem/") || !ours.contains(module), "\(file): \(module)")
    }
  }
}
