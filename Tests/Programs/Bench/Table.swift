#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The figures as a person reads them.
enum Table {
  static func show(_ race: Race, size: Int) {
    print("\n\(size) sessions          (medians)     wall ms    CPU ms  peak MiB  output KiB")
    for (index, contender) in race.contenders.enumerated() {
      print(
        padded(contender.name, 36, left: true)
          + padded(fixed(race.median(index, \.wallMilliseconds), 1), 9)
          + padded(fixed(race.median(index, \.cpuMilliseconds), 1), 10)
          + padded(fixed(race.median(index, \.peakMiB), 1), 10)
          + padded(fixed(Double(race.outputSizes[index]) / 1024, 1), 12))
    }
    for other in race.contenders.indices.dropFirst() {
      let wall = fixed(race.ratio(0, to: other, \.wallMilliseconds), 2)
      let cpu = fixed(race.ratio(0, to: other, \.cpuMilliseconds), 2)
      print(
        "\(race.contenders[0].name) by \(race.contenders[other].name), round by round: "
          + "wall \(wall), CPU \(cpu)")
    }
  }

  /// How each contender's time grows with the sessions; the server's share is in all of them.
  static func showLinearity(_ races: [(size: Int, race: Race)]) {
    for (earlier, later) in zip(races, races.dropFirst()) {
      print("\nfrom \(earlier.size) to \(later.size) sessions, wall ms for each 1000 more:")
      for (index, contender) in later.race.contenders.enumerated() {
        let growth =
          later.race.median(index, \.wallMilliseconds)
          - earlier.race.median(index, \.wallMilliseconds)
        let slope = growth / Double(later.size - earlier.size) * 1000
        print(padded(contender.name, 36, left: true) + padded(fixed(slope, 2), 9))
      }
    }
  }

  /// The first row's times by those of the others, round by round.
  static func showEnding(title: String, rows: [(name: String, milliseconds: [Double])]) {
    print("\n" + padded("\(title) (medians)", 40, left: true) + "  wall ms")
    for row in rows {
      print(padded(row.name, 40, left: true) + padded(fixed(Race.median(row.milliseconds), 1), 9))
    }
    for other in rows.dropFirst() {
      let ratios = zip(rows[0].milliseconds, other.milliseconds).map { $0 / $1 }
      print(
        "\(rows[0].name) by \(other.name), round by round: \(fixed(Race.median(ratios), 2)) ("
          + ratios.map { fixed($0, 2) }.joined(separator: ", ") + ")")
    }
  }

  static func fileSize(_ path: String) -> Int? {
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : nil
  }

  /// A number with so many decimals, without Foundation.
  static func fixed(_ number: Double, _ decimals: Int) -> String {
    var scale = 1
    for _ in 0..<decimals { scale *= 10 }
    let units = Int((abs(number) * Double(scale)).rounded())
    let fraction = String(units % scale + scale).dropFirst()
    let sign = number < 0 && units > 0 ? "-" : ""
    return sign + "\(units / scale)" + (decimals > 0 ? ".\(fraction)" : "")
  }

  private static func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
    let padding = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + padding : padding + text
  }
}
