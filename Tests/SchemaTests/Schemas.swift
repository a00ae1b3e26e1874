import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The schemas of a folder.
struct Schemas {
  static let root = "\(#filePath)".split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
  /// What the program writes now.
  static let current = Schemas(folder: "\(root)/docs/schema")
  /// What readers were told; see docs/contributing.md.
  static let published = Schemas(folder: "\(root)/Tests/SchemaTests/Published")

  /// By `$id`.
  let byID: [String: JSON]

  private init(folder: String) {
    var byID: [String: JSON] = [:]
    for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      let bytes = FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data()
      let schema = try? JSONDecoder().decode(JSON.self, from: bytes)
      // What can't be read is not passed over: no test knows such a schema.
      byID[schema?["$id"]?.text ?? "\(file) is no schema"] = schema ?? .null
    }
    self.byID = byID
  }

  /// What a document may be: `audit` to the version that is described, such as 1.
  var documents: [String: Int] {
    byID.keys.reduce(into: [:]) { documents, id in
      let parts = id.split(separator: ":")
      guard parts.count == 4, parts[2] != "parts", let version = Int(parts[3]) else { return }
      documents[String(parts[2])] = max(version, documents[String(parts[2])] ?? 0)
    }
  }

  /// The schema with all that it refers to in its place; nil where there is none.
  func whole(_ name: String, _ version: Int) throws -> JSON? {
    let id = "urn:pgsessions:\(name):\(version)"
    return try byID[id].map { try whole($0, in: id) }
  }

  private func whole(_ schema: JSON, in home: String) throws -> JSON {
    switch schema {
    case .array(let items): return .array(try items.map { try whole($0, in: home) })
    case .object(var members):
      members["$defs"] = nil
      let reference = members.removeValue(forKey: "$ref")?.text
      var result = try members.mapValues { try whole($0, in: home) }
      if let reference {
        // What stands beside a reference says more of this place.
        guard case .object(let target) = try resolved(reference, in: home) else { break }
        result.merge(target) { here, _ in here }
      }
      return .object(result)
    default: return schema
    }
    return schema
  }

  private func resolved(_ reference: String, in home: String) throws -> JSON {
    let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let id = parts[0].isEmpty ? home : String(parts[0])
    let path = parts.count > 1 ? parts[1].split(separator: "/").map(String.init) : []
    let target = path.reduce(byID[id]) { $0?[$1] }
    return try whole(try #require(target, "\(reference) in \(home) leads nowhere"), in: id)
  }
}
