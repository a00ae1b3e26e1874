import InputFiles
import SessionAudit
import TestRandom
import Testing

/// Files that were cut, mixed up or written to harm are read or refused; nothing traps.
struct MutationTests {
  private static let heroku = bytes(
    """
    [{"id": "01234567", "name": "web.1", "state": "up", "created_at": "2026-11-22T09:41:07Z"},
     {"id": "89abcdef", "name": "worker\\u002e1", "state": "down", "created_at": null}]
    """)
  private static let kubernetes = bytes(
    """
    {"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "web-0"},
      "spec": {"hostNetwork": false}, "status": {"phase": "Running", "podIP": "10.1.0.7",
      "podIPs": [{"ip": "fd00::7"}], "hostIP": "192.168.0.1", "containerStatuses": [
      {"restartCount": 12, "state": {"running": {"startedAt": "2026-11-22T09:41:07Z"}}}]}}]}
    """)
  private static let lines = bytes(
    "# alive\nweb.1,2026-11-22T09:41:07.25+02:00\r\n10.0.0.0/8 # all\nfd00::7,2026-11-22 09:41Z\n")

  private static func report() -> [UInt8] {
    var world = ReportedWorld(Seeded.printed("MutationTests.report"))
    return written(Judge.judge(world.snapshot(sessions: 2...3), by: Policy()), showQuery: true)
  }

  @Test(arguments: ["heroku", "kubernetes", "lines", "report"])
  func survivesAnything(_ kind: String) {
    var random = Seeded.printed("survivesAnything \(kind)")
    let valid =
      switch kind {
      case "heroku": Self.heroku
      case "kubernetes": Self.kubernetes
      case "lines": Self.lines
      default: Self.report()
      }
    var (read, refused) = (0, 0)
    for _ in 0..<3_000 {
      let mutated = mutated(valid, &random)
      do throws(InputFileError) {
        if kind == "report" {
          // What was read is fit to be judged.
          _ = Judge.judge(try SavedReport.read(mutated), by: Policy())
        } else {
          _ = try RosterFile.read(mutated)
        }
        read += 1
      } catch {
        refused += 1
      }
    }
    print("survivesAnything \(kind): \(read + refused) mutations, \(read) read, \(refused) refused")
    #expect(read > 0 && refused > 0)
  }

  /// Every prefix of a JSON text is refused: nothing that was cut off passes for a whole.
  @Test func refusesWhatWasCutOff() {
    for valid in [Self.heroku, Self.kubernetes] {
      for length in 0..<valid.count {
        #expect(throws: InputFileError.self) { try RosterFile.read(Array(valid.prefix(length))) }
      }
    }
    let report = Self.report()
    for length in 0..<(report.count - 1) {
      #expect(throws: InputFileError.self) { try SavedReport.read(Array(report.prefix(length))) }
    }
  }

  private func mutated(_ valid: [UInt8], _ random: inout Seeded) -> [UInt8] {
    var bytes = valid
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = .random(in: .min ... .max, using: &random)
      case 1: bytes[place] = random.one(of: Array("{}[]\",:\\-+.eE0919nutf\n ".utf8))
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(.random(in: .min ... .max, using: &random), at: place)
      case 4:
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      default: if random.chance(10) { bytes.removeSubrange(place...) }
      }
    }
    return bytes
  }
}
