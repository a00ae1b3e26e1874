import Rendering
import SessionAudit
import TestSupport
import Testing

@testable import InputFiles

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The schemas say what the source says: names, versions, and every word of every list.
struct SchemaWordsTests {
  /// The constants of the source are those of the files, of which none has another name.
  @Test func describesWhatTheSourceWrites() throws {
    let inSource = Set(
      try sources("").matches(of: /"pgsessions\/(\w+)\/(\d+)"/).map { "\($0.1)-\($0.2)" })
    let folder = "\(Schemas.root)/docs/schema"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    let names = Set(files.map { String($0.dropLast(".schema.json".count)) })
    #expect(inSource.isSubset(of: names) && inSource.count >= 4, "\(inSource)")
    for (name, version) in Schemas.current.documents {
      let whole = try #require(try Schemas.current.whole(name, version))
      let branches = whole["oneOf"]?.items ?? [whole]
      for branch in branches {
        let object = branch["allOf"]?.items.first ?? branch
        let schema = object.value(at: "properties.schema.const")?.text
        #expect(schema == "pgsessions/\(name)/\(version)")
      }
      #expect(names.contains("\(name)-\(version)"))
    }
    #expect(SavedReport.schema == "pgsessions/audit/\(Schemas.current.documents["audit"] ?? 0)")
    #expect(JSONLog.opening.contains("\"pgsessions/log/\(Schemas.current.documents["log"] ?? 0)\""))
  }

  private func words(_ path: String, of schema: String = "parts") throws -> Set<String> {
    let found = try #require(Schemas.current.byID["urn:pgsessions:\(schema):1"])
    let words = try #require(found.value(at: path)?.items, "\(path)")
    #expect(words.indices.allSatisfy { !words[..<$0].contains(words[$0]) }, "\(path)")
    return Set(words.compactMap(\.text))
  }

  private func words<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Set<String>
  where Word.RawValue == String { Set(Word.allCases.map(\.rawValue)) }

  @Test func listsTheWordsOfTheSource() throws {
    #expect(try words("$defs.verdict.enum") == words(Verdict.self))
    #expect(try words("$defs.evidence.properties.kind.enum") == words(Evidence.Kind.self))
    #expect(try words("$defs.evidence.properties.basis.enum") == words(Basis.self))
    #expect(try words("$defs.holds.items.enum") == words(Holding.self))
    #expect(try words("$defs.roster.properties.format.enum") == words(Roster.Format.self))
    let ofServers = try words("$defs.limit.properties.kind.enum")
    #expect(ofServers.union([LimitKind.pooler.rawValue]) == words(LimitKind.self))
    #expect(!ofServers.contains(LimitKind.pooler.rawValue))
    #expect(try words("$defs.failure.properties.kind.enum") == words(Failure.Kind.self))
    #expect(try words("$defs.failureLimit.properties.kind.enum") == words(LimitKind.self))
    let result = try words("$defs.outcome.properties.result.enum")
    #expect(result == words(TerminationOutcome.Result.self))
    let recycling = try words("$defs.recycling.properties.verdict.enum", of: "audit")
    #expect(recycling == words(Recycling.Verdict.self))
    let urgency = try words("$defs.advice.properties.severity.enum", of: "audit")
    #expect(urgency == words(Advice.Severity.self))
    let severity = try words("$defs.finding.properties.severity.enum", of: "doctor")
    #expect(severity == words(Finding.Severity.self))
    let setting = try words("$defs.setting.properties.name.enum", of: "doctor")
    #expect(setting == words(SettingName.self))
    let signal = try words("$defs.intent.properties.signal.enum", of: "log")
    #expect(signal == words(TerminationSignal.self))
    let group = try #require(Schemas.current.byID["urn:pgsessions:audit:1"])
    let keys = group.value(at: "$defs.group.properties.key.properties")?.keys
    #expect(keys == Set(GroupDimension.allCases.map(\.keyName)))
    let breakers = try words("properties.breaker.enum", of: "termination")
    let breaker = Breaker.maximumShare(victims: 0, visible: 0, percent: 0)
    #expect(breakers == [breaker.kind, Breaker.lastOfApplication.kind])
  }

  @Test func listsTheReasonsOfTheSource() throws {
    let ofPlanner = try sources("SessionAudit/Plan").matches(
      of:
        /(?:\.init\(|longer\(|return \()\s*"([a-z_]+)",|map \{ \("([a-z_]+)",|\(\s*"([a-z_]+_longer_than)",/
    ).compactMap { $0.1 ?? $0.2 ?? $0.3 }.map(String.init)
    #expect(ofPlanner.count >= 7, "\(ofPlanner)")
    let protections = words(Protection.Kind.self)
    #expect(
      try words("$defs.reason.properties.kind.enum")
        == words(Evidence.Kind.self).union(protections).union(ofPlanner))
    #expect(try words("$defs.protection.properties.kind.enum").isSubset(of: protections))
  }

  @Test func listsTheCodesOfTheSource() throws {
    let advice = try sources("SessionAudit/Advice").matches(
      of: /(?:Advice\(|warn\()\s*"([a-z_]+)"/
    ).map { String($0.1) }
    let listed = try words("$defs.advice.properties.code.enum", of: "audit")
    #expect(listed == Set(advice))
    // docs/doctor.md is held to the source by another test.
    let rows = try text("docs/doctor.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
    let findings = rows.flatMap { row in
      row.split(separator: "|")[0].matches(of: /`(\w+)`/).map { String($0.1) }
    }
    #expect(try words("$defs.finding.properties.code.enum", of: "doctor") == Set(findings))
    let page = try text("docs/json.md")
    let kinds = try words("$defs.declaration.properties.kind.enum")
    let missing = listed.union(kinds).filter { !page.contains("`\($0)`") }
    #expect(missing.isEmpty, "docs/json.md lacks them")
  }

  /// Whoever reads a schema is told what each key is.
  @Test func describesEveryKey() {
    var count = 0
    for (id, schema) in Schemas.current.byID {
      #expect(schema["$schema"]?.text == "https://json-schema.org/draft/2020-12/schema", "\(id)")
      eachObject(in: schema) { properties in
        for name in properties.keys {
          let description = properties[name]?["description"]?.text ?? ""
          #expect(description.hasSuffix("."), "\(name) of \(id) is not described")
          count += 1
        }
      }
    }
    #expect(count > 150)
  }

  /// Those of objects: what only tells kinds apart describes nothing.
  private func eachObject(in value: JSON, _ body: (JSON) -> Void) {
    if value["type"] == .string("object"), let properties = value["properties"] {
      body(properties)
    }
    for item in value.items { eachObject(in: item, body) }
    for key in value.keys { if let member = value[key] { eachObject(in: member, body) } }
  }

  private func text(_ path: String) throws -> String {
    let bytes = FileManager.default.contents(atPath: "\(Schemas.root)/\(path)")
    return String(decoding: try #require(bytes, "\(path)"), as: UTF8.self)
  }

  private func sources(_ folder: String) throws -> String {
    let path = "\(Schemas.root)/Sources/\(folder)"
    return try FileManager.default.subpathsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".swift") }.map { try text("Sources/\(folder)/\($0)") }.joined()
  }
}
