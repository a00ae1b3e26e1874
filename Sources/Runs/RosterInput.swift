import InputFiles
import OperatingSystem
import PostgresClient
import ServerAccess
import SessionAudit

/// A roster as it came, with when it was taken.
package struct RosterInput {
  package var roster: Roster
  /// By the clock of this machine.
  package var takenAt: Timestamp

  /// - Parameters:
  ///   - path: `-` is stdin.
  ///   - limit: how long a pipe may say nothing.
  ///   - interruption: ends it early.
  /// - Throws: `ExitError` with status 64 to 66.
  package static func read(
    _ path: String, by policy: Policy, within limit: Duration = .seconds(60),
    interruption: Interruption? = nil
  ) throws -> RosterInput {
    let file = try InputFile.read(path, within: limit, interruption: interruption)
    let roster = try file.roster()
    guard file.writtenAt - LocalClock.now <= policy.clockTolerance else {
      throw file.wrong("was written at \(file.writtenAt.readable), which is in the future")
    }
    guard !roster.tellsNobody(by: policy) else { throw file.wrong(tellsNobody) }
    return RosterInput(roster: roster, takenAt: file.writtenAt)
  }

  private static let tellsNobody = "names no address, and nothing that means one instance"

  /// Runs what prints a roster.
  /// - Parameters:
  ///   - timeout: how long it may take.
  ///   - interruption: ends it early.
  /// - Throws: `ExitError` with status 65.
  static func run(
    _ command: PolicyFile.Command, saidAt place: String, timeout: Duration,
    interruption: Interruption?, by policy: Policy
  ) throws -> RosterInput {
    // It says who is alive at some moment after this one.
    let takenAt = LocalClock.now
    var child = ChildCommand(command.childWords, timeout: timeout)
    child.outputLimit = 64 << 20
    let outcome = child.run(interruption: interruption)
    func failure(_ clause: String) -> ExitError {
      let words = outcome.shownWords(3)
      let isMissing = if case .notRun = outcome.end { true } else { false }
      return ExitError(
        status: .wrongFile,
        sentence:
          "\(place): the roster's command \(command.name) \(clause), so nothing was judged or "
          + "ended",
        nextStep: words.isEmpty
          ? isMissing ? "Is it installed, and is its folder in PATH?" : nil
          : "It said: \(words.joined(separator: " / "))")
    }
    if let clause = outcome.end.clause { throw failure(clause) }
    do throws(InputFileError) {
      let roster = try RosterFile.read(outcome.output)
      guard !roster.tellsNobody(by: policy) else { throw InputFileError(tellsNobody) }
      return RosterInput(roster: roster, takenAt: takenAt)
    } catch {
      throw failure(
        outcome.output.isEmpty
          ? "wrote nothing" : "wrote what is no roster: " + error.sentence(in: "its output"))
    }
  }

  /// Adds what it is said to cover.
  /// - Throws: `ExitError` for what is neither a name nor an address.
  package mutating func cover(_ covers: [String]) throws {
    for words in covers {
      if let network = Network(words) {
        roster.coversNetworks.append(network)
      } else if NetworkAddress(words.prefix { $0 != "/" }) != nil {
        // An address that is none is a typing error, and no name.
        roster.coversNetworks.append(try Network.given(words, by: "--roster-covers"))
      } else {
        roster.coversNames.append(Glob(words))
      }
    }
  }
}

extension Network {
  /// - Throws: `ExitError` for what is neither an address nor a range.
  package static func given(_ text: String, by option: String) throws -> Network {
    guard let network = Network(text) else {
      throw ExitError.usage(
        "\(option) \(text): an address or a range is written like 10.0.0.7, 10.0.0.0/8 or "
          + "fd00::/8, and a range begins at its first address")
    }
    return network
  }
}

extension PolicyFile.Command {
  /// The program, without its arguments.
  fileprivate var name: String {
    switch self {
    case .words(let words): words[0]
    case .shell(let line): String(line.prefix { $0 != " " })
    }
  }

  package var childWords: ChildCommand.Words {
    switch self {
    case .words(let words): .arguments(words)
    case .shell(let line): .shell(line)
    }
  }
}
