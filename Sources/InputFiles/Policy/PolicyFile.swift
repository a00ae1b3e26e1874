import SessionAudit

/// A policy file: what a place needs, said once. docs/policy.md explains each key.
public struct PolicyFile: Sendable, Equatable {
  /// A value, and the line that says it.
  public struct Located<Value: Sendable & Equatable>: Sendable, Equatable {
    public var value: Value
    public var line: Int

    public init(_ value: Value, line: Int) {
      self.value = value
      self.line = line
    }

    public func map<Other>(_ change: (Value) -> Other?) -> Located<Other>? {
      change(value).map { .init($0, line: line) }
    }
  }

  /// What holds where no option says otherwise.
  public struct Defaults: Sendable, Equatable {
    public var staleAfter: Located<Duration>?
    public var restartGrace: Located<Duration>?
    public var clockTolerance: Located<Duration>?
    public var maxAgeSlack: Located<Duration>?
    public var max: Located<Int>?
    /// Percent.
    public var maxShare: Located<Int>?
    public var keep: Located<Int>?
    public var trust: Located<Trust>?
    /// A path, or `-`.
    public var log: Located<String>?
    /// A path.
    public var metrics: Located<String>?
    public var timeout: Located<Duration>?
    public var connectTimeout: Located<Duration>?

    /// Of a target's whole run.
    public static let builtInTimeout = Duration.seconds(60)
    /// Of connecting to one of its hosts.
    public static let builtInConnectTimeout = Duration.seconds(10)

    public static let keys: [PolicyKey<Self>] = {
      let (policy, selection) = (Policy(), Selection())
      return [
        .duration("stale_after", \.staleAfter, builtIn: policy.staleAfter),
        .duration(
          "restart_grace", \.restartGrace, mayBeZero: true, builtIn: policy.restartGrace),
        .duration(
          "clock_tolerance", \.clockTolerance, mayBeZero: true, builtIn: policy.clockTolerance),
        .duration("max_age_slack", \.maxAgeSlack, mayBeZero: true, builtIn: policy.maxAgeSlack),
        .number("max", \.max, in: 1...Int.max, rank: 1, builtIn: selection.maximum),
        .number("max_share", \.maxShare, in: 0...100, rank: 1, builtIn: selection.maximumShare),
        .number("keep", \.keep, in: 0...Int.max, rank: 1, builtIn: selection.keep),
        .trust("trust", \.trust) { _ in "as the options say" },
        .output("log", \.log, mayBeStandardOutput: true, rank: 1),
        .output("metrics", \.metrics, mayBeStandardOutput: false, rank: 1),
        .duration("timeout", \.timeout, rank: 1, builtIn: builtInTimeout),
        .duration("connect_timeout", \.connectTimeout, rank: 1, builtIn: builtInConnectTimeout),
      ]
    }()
  }

  /// How a server is found; a password is never in it.
  public enum Source: Sendable, Equatable {
    case conninfo(String)
    case service(String)
    /// The name of an environment variable that holds a URI.
    case urlVariable(String)
  }

  public struct Target: Sendable, Equatable {
    public var name: String
    public var source: Located<Source>
    /// What holds of this target's applications alone, after what holds of all.
    public var applications: [Application] = []
    public var roster: Roster?
    public var line: Int
  }

  /// What is said of some applications.
  public struct Application: Sendable, Equatable {
    /// A glob on application_name, or the name of a family.
    public var match: String
    /// Globs.
    public var user: String?
    public var database: String?
    public var maxAge: Located<Duration>?
    public var closesItself: Located<Bool>?
    public var poolSize: Located<Int>?
    public var pooled: Located<Bool>?
    public var instances: Located<Int>?
    public var oneInstance: Located<Bool>?
    public var staleAfter: Located<Duration>?
    public var keep: Located<Int>?
    public var protect: Located<Bool>?
    public var trust: Located<Trust>?
    public var allowEmpty: Located<Bool>?
    public var line: Int

    public init(match: String, user: String? = nil, database: String? = nil, line: Int) {
      (self.match, self.user, self.database, self.line) = (match, user, database, line)
    }

    public static let keys: [PolicyKey<Self>] = [
      .duration("max_age", \.maxAge, mayBeZero: true),
      .boolean("closes_itself", \.closesItself),
      .number("pool_size", \.poolSize, in: 1...Int.max),
      .boolean("pooled", \.pooled),
      .number("instances", \.instances, in: 1...Int.max),
      .boolean("one_instance", \.oneInstance, builtIn: "as the name tells"),
      .duration("stale_after", \.staleAfter, rank: -1),
      .number("keep", \.keep, in: 0...Int.max, rank: 3),
      .boolean("protect", \.protect, rank: 2, builtIn: "\(false)"),
      .trust("trust", \.trust, rank: 1) { $0.saysWhatMayBeEnded ? "never" : "as the options say" },
      .boolean("allow_empty", \.allowEmpty, rank: 4),
    ]
  }

  /// What is to be run.
  public enum Command: Sendable, Equatable {
    /// A program and its arguments, run as they are.
    case words([String])
    /// A line for `/bin/sh -c`.
    case shell(String)
  }

  public struct Roster: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
      /// A path.
      case file(String)
      /// Its output is the roster.
      case command(Command)
    }

    public var origin: Origin
    /// Globs, addresses and ranges.
    public var covers: [Located<String>] = []
    public var isComplete = false
    public var line: Int
  }

  public struct Hook: Sendable, Equatable {
    public var command: Command
    public var timeout: Located<Duration>?
    public var line: Int
  }

  public var defaults = Defaults()
  public var targets: [Target] = []
  public var applications: [Application] = []
  public var poolers: [Located<Network>] = []
  public var sharedAddresses: [Located<Network>] = []
  /// Of what runs on one target: its only one, or the one that the command line names.
  public var roster: Roster?
  public var hook: Hook?

  /// One that says nothing.
  public init() {}

  /// Every ground on which it lets something be ended.
  public var trusts: Set<Trust> {
    let applications = applications + targets.flatMap(\.applications)
    return Set(([defaults.trust] + applications.map(\.trust)).compactMap { $0?.value })
  }

  /// Whether it says what may be ended, so that a run needs no other selection.
  public var saysWhatMayBeEnded: Bool { trusts.contains { $0 != .never } }
}

/// What is wrong with a policy file: every error that was found, by line.
public struct PolicyFileErrors: Error, Equatable, Sendable {
  /// Not empty.
  public var errors: [InputFileError]

  public init(errors: [InputFileError]) { self.errors = errors }
}
