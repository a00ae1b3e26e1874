import InputFiles
import Runs
import ServerAccess
import SessionAudit

/// What holds of a command whatever it does.
struct Settings {
  let loaded: LoadedPolicy?
  let environment: [String: String]
}

/// What holds where nobody says otherwise, as help tells it.
enum BuiltIn {
  private static let policy = Policy()
  static let selection = Selection()

  static let staleAfter = DurationText.exact(policy.staleAfter)
  static let restartGrace = DurationText.exact(policy.restartGrace)
  static let maxAgeSlack = DurationText.exact(policy.maxAgeSlack)
  static let clockTolerance = DurationText.exact(policy.clockTolerance)
  static let buckets = policy.bucketBounds.map(DurationText.exact).joined(separator: ",")
  static let connectTimeout = DurationText.exact(PolicyFile.Defaults.builtInConnectTimeout)
  static let timeout = "\(PolicyFile.Defaults.builtInTimeout.components.seconds)s"
}

/// An option as somebody gave it.
struct GivenOption {
  /// What an option is to somebody who has consented to a policy file and to nothing else.
  enum Effect {
    /// It selects, judges or lifts a protection: it needs a consent of its own.
    case more
    /// It ends less, or says where something goes.
    case less
  }

  /// Say the same again; none: it was not given.
  let words: [String]
  let effect: Effect

  static func flag(_ name: String, _ isGiven: Bool, _ effect: Effect = .more) -> Self {
    Self(words: isGiven ? ["--\(name)"] : [], effect: effect)
  }

  static func time(_ name: String, _ value: Duration?, _ effect: Effect = .more) -> Self {
    word(name, value.map(DurationText.exact), effect)
  }

  /// One that can't begin with `-`.
  static func word(_ name: String, _ value: String?, _ effect: Effect = .more) -> Self {
    Self(words: value.map { ["--\(name) \($0)"] } ?? [], effect: effect)
  }

  static func texts(_ name: String, _ values: [String], _ effect: Effect = .more) -> Self {
    // With '=', or a value that begins with '-' would be taken for an option.
    Self(words: values.map { "--\(name)=\(ShellWord.quoted($0))" }, effect: effect)
  }

  static func text(_ name: String, _ value: String?, _ effect: Effect = .more) -> Self {
    texts(name, value.map { [$0] } ?? [], effect)
  }
}

extension [GivenOption] {
  /// The command line that says the same.
  var words: [String] { flatMap(\.words) }

  /// Whether any of them says more than a policy file.
  var saysMore: Bool { contains { $0.effect == .more && !$0.words.isEmpty } }
}
