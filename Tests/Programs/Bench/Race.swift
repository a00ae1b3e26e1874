import TestSupport

/// A command whose cost is measured.
struct Contender {
  let name: String
  let command: [String]
}

/// What one run cost.
struct Cost {
  let wallMilliseconds: Double
  let cpuMilliseconds: Double
  let peakMiB: Double
}

/// Contenders run in turn, so that whatever else the machine does hits all of them alike.
struct Race {
  let contenders: [Contender]
  /// The bytes that each has written in its warm-up.
  private(set) var outputSizes: [Int]
  /// By contender, then by round.
  private(set) var costs: [[Cost]]

  init(_ contenders: [Contender], rounds: Int, launcher: String) throws {
    self.contenders = contenders
    costs = contenders.map { _ in [] }
    outputSizes = []
    for _ in 0..<2 { outputSizes = try contenders.map(Self.warmUp) }
    for round in 0..<rounds {
      for turn in contenders.indices {
        let index = (turn + round) % contenders.count
        costs[index].append(try Self.measure(contenders[index], launcher: launcher))
      }
    }
  }

  /// Runs it once in full view: a contender that fails or says nothing would be a fast one.
  private static func warmUp(_ contender: Contender) throws -> Int {
    let outcome = try ChildProcess.run(contender.command[0], Array(contender.command.dropFirst()))
    guard outcome.status == 0 else {
      throw SupportError(
        "\(contender.name) ended with status \(outcome.status): \(outcome.stderr.suffix(500))")
    }
    guard !outcome.stdoutBytes.isEmpty else {
      throw SupportError("\(contender.name) has written nothing")
    }
    return outcome.stdoutBytes.count
  }

  static func measure(_ contender: Contender, launcher: String) throws -> Cost {
    let outcome = try ChildProcess.run(launcher, contender.command)
    let numbers = outcome.stdout.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard outcome.status == 0, numbers.count == 4 else {
      throw SupportError("\(contender.name) can't be measured: \(outcome.stderr)")
    }
    guard numbers[0] == 0 else {
      throw SupportError(
        "\(contender.name) ended with status \(numbers[0]): \(outcome.stderr.suffix(500))")
    }
    return Cost(
      wallMilliseconds: Double(numbers[1]) / 1000, cpuMilliseconds: Double(numbers[2]) / 1000,
      peakMiB: Double(numbers[3]) / 1024)
  }

  /// The median over the rounds of one contender's cost.
  func median(_ contender: Int, _ cost: KeyPath<Cost, Double>) -> Double {
    Self.median(costs[contender].map { $0[keyPath: cost] })
  }

  /// The median over the rounds of one contender's cost by that of another in the same round.
  func ratio(_ contender: Int, to other: Int, _ cost: KeyPath<Cost, Double>) -> Double {
    Self.median(zip(costs[contender], costs[other]).map { $0[keyPath: cost] / $1[keyPath: cost] })
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
