import ArgumentParser
import SessionAudit

/// Values on the command line, with messages that say what to write instead.
enum Parsing {
  static func duration(_ text: String) throws -> Duration {
    do throws(DurationText.ParseError) {
      return try DurationText.parse(text)
    } catch {
      let sentence =
        switch error {
        case .unitMissing: "a duration needs a unit: write \(text)s, \(text)m or \(text)h"
        case .negative: "a duration can't be negative"
        case .malformed: "a duration is written like 500ms, 90s, 15m, 1h30m or 2d"
        case .tooLong: "that is longer than 100 years"
        }
      throw ValidationError(sentence)
    }
  }

  static func positiveDuration(_ text: String) throws -> Duration {
    let duration = try duration(text)
    guard duration > .zero else { throw ValidationError("it must be longer than nothing") }
    return duration
  }

  /// `1m,10m,1h`: rising, none twice.
  static func buckets(_ text: String) throws -> [Duration] {
    let bounds = try text.split(separator: ",", omittingEmptySubsequences: false).map {
      try positiveDuration(String($0))
    }
    guard zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw ValidationError("the bounds must rise, like 1m,10m,1h,1d")
    }
    guard bounds.count <= 20 else { throw ValidationError("at most 20 bounds") }
    return bounds
  }
}

extension GroupDimension: ExpressibleByArgument {}
