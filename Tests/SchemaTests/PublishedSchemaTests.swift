import TestSupport
import Testing

/// A document that says something else must say another version.
struct PublishedSchemaTests {
  @Test(arguments: Schemas.published.documents.keys.sorted())
  func keepsWhatWasPublished(_ name: String) throws {
    let version = try #require(Schemas.published.documents[name])
    let old = try #require(try Schemas.published.whole(name, version))
    guard let new = try Schemas.current.whole(name, version) else {
      let next = Schemas.current.documents[name] ?? 0
      #expect(
        next > version, "docs/schema has neither version \(version) of \(name) nor a later one")
      return
    }
    let change = SchemaChange(from: old, to: new)
    #expect(
      change.breaks.isEmpty,
      """
      pgsessions/\(name)/\(version) was published, and scripts rely on it. Undo this, or make it \
      version \(version + 1): see "The JSON schemas" in docs/contributing.md
      """)
    #expect(
      change.additions.isEmpty,
      """
      readers may be told of these: copy the files of docs/schema to Tests/SchemaTests/Published, \
      in the same commit (docs/contributing.md)
      """)
  }

  @Test func everySchemaIsPublished() {
    #expect(Schemas.current.documents == Schemas.published.documents)
    #expect(Schemas.current.byID.keys.sorted() == Schemas.published.byID.keys.sorted())
  }

  // MARK: - The comparison itself

  /// Every key of every schema is changed in every way that must not pass.
  @Test(arguments: ["audit", "termination", "doctor", "log", "fleet"])
  func seesEveryChangeOfMeaning(_ name: String) throws {
    let whole = try #require(try Schemas.current.whole(name, 1))
    #expect(SchemaChange(from: whole, to: whole).breaks == [])
    var count = 0
    for place in Places(in: whole).objects {
      for (change, wrong) in place.changesOfMeaning {
        // Compared at its place: what is around it is the same.
        #expect(!SchemaChange(from: place.schema, to: wrong).breaks.isEmpty, "\(change)")
        count += 1
      }
      let more = place.schema.setting("new_key", to: .object([:]), in: "properties")
      #expect(
        SchemaChange(from: place.schema, to: more).breaks == []
          && SchemaChange(from: place.schema, to: more).additions == ["$.new_key"])
    }
    print("\(name): \(count) changes of meaning were seen")
    #expect(count >= 10)
  }

  @Test func looksEverywhere() throws {
    let whole = try #require(try Schemas.current.whole("audit", 1))
    // Deep inside, through lists, alternatives and what is shared.
    for key in ["from_seconds", "taken_at", "basis", "value", "held_since", "query"] {
      let changed = whole.mapped(key) { $0.setting("description", to: .string("other")) }
      #expect(changed != whole, "\(key)")
      #expect(SchemaChange(from: whole, to: changed).breaks.count >= 1, "\(key)")
    }
  }

  @Test func tellsClosedWordsFromThoseThatMayGrow() {
    func schema(_ words: [String], mayGrow: Bool) -> JSON {
      .object([
        "enum": .array(words.map { .string($0) }), "x-may-grow": .bool(mayGrow),
      ])
    }
    func change(_ old: JSON, _ new: JSON) -> (Int, [String]) {
      let change = SchemaChange(from: old, to: new)
      return (change.breaks.count, change.additions)
    }
    for mayGrow in [false, true] {
      #expect(
        change(schema(["a", "b"], mayGrow: mayGrow), schema(["b"], mayGrow: mayGrow)) == (1, []))
    }
    let (closed, open) = (schema(["a"], mayGrow: false), schema(["a"], mayGrow: true))
    #expect(change(closed, schema(["a", "b"], mayGrow: false)) == (1, []))
    #expect(change(open, schema(["a", "b"], mayGrow: true)) == (0, ["$ \"b\""]))
    #expect(change(closed, open).0 == 1 && change(open, closed).0 == 1)
  }
}

/// The objects in a schema, each as a schema of its own.
private struct Places {
  struct Place {
    let schema: JSON

    /// Each with what it is.
    var changesOfMeaning: [(String, JSON)] {
      let properties = schema["properties"] ?? .object([:])
      return properties.keys.sorted().flatMap { name -> [(String, JSON)] in
        let property = properties[name] ?? .null
        func set(_ keyword: String, _ value: JSON?) -> JSON {
          schema.setting(name, to: property.setting(keyword, to: value), in: "properties")
        }
        let gone = schema.setting(name, to: nil, in: "properties")
        var changes: [(String, JSON)] = [
          ("\(name) is gone", gone),
          ("\(name) is renamed", gone.setting("\(name)_new", to: property, in: "properties")),
          ("\(name) is described otherwise", set("description", .string("otherwise"))),
        ]
        let required = (schema["required"] ?? .null).items
        if required.contains(.string(name)) {
          let rest = required.filter { $0 != .string(name) }
          changes.append(("\(name) may be missing", schema.setting("required", to: .array(rest))))
        }
        switch property["type"] {
        case .string(let type):
          let nullable = JSON.array([.string(type), .string("null")])
          changes.append(("\(name) may be null", set("type", nullable)))
          changes.append(("\(name) is of another type", set("type", .string("\(type)s"))))
        case .array(let types): changes.append(("\(name) is never null", set("type", types[0])))
        default: break
        }
        if let words = property["enum"]?.items {
          changes.append(
            ("a word of \(name) is gone", set("enum", .array(Array(words.dropLast())))))
        }
        if let branches = property["anyOf"]?.items {
          changes.append(("a form of \(name) is gone", set("anyOf", .array([branches[0]]))))
        }
        for keyword in ["pattern", "const", "minimum"] where property[keyword] != nil {
          changes.append(("\(name) has another \(keyword)", set(keyword, nil)))
        }
        return changes
      }
    }
  }

  private(set) var objects: [Place] = []

  init(in schema: JSON) { add(schema) }

  private mutating func add(_ value: JSON) {
    if value["properties"] != nil, value["type"] != nil { objects.append(Place(schema: value)) }
    for item in value.items { add(item) }
    for key in value.keys.sorted() { if let member = value[key] { add(member) } }
  }
}

extension JSON {
  /// With a member set, or without it; `parent` names the member of which it is one.
  fileprivate func setting(_ key: String, to value: JSON?, in parent: String? = nil) -> JSON {
    guard case .object(var members) = self else { return self }
    if let parent {
      members[parent] = (members[parent] ?? .object([:])).setting(key, to: value)
    } else {
      members[key] = value
    }
    return .object(members)
  }

  /// With each object under that key changed.
  fileprivate func mapped(_ key: String, _ change: (JSON) -> JSON) -> JSON {
    switch self {
    case .array(let items): .array(items.map { $0.mapped(key, change) })
    case .object(let members):
      .object(
        Dictionary(
          uniqueKeysWithValues: members.map { name, value in
            let inside = value.mapped(key, change)
            return (name, name == key && inside["description"] != nil ? change(inside) : inside)
          }))
    default: self
    }
  }
}
