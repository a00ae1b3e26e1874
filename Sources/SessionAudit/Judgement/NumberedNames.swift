/// Names that end in a number: `ledger-0` may be a StatefulSet's pod, and `odoo-1`, `tenant-42`,
/// `shard-1` or `hikari-pool-1` something that many processes have.
enum NumberedNames {
  /// Applications whose number is an instance's, as far as what is seen can say so: their family
  /// has the ordinals from 0 on, each at one address at a time, and no address has two of them.
  /// - Parameter isSideBySide: whether an application was in use at two addresses at once.
  static func confirmed(in clientIndex: ClientIndex, isSideBySide: (Int) -> Bool) -> Set<Int> {
    struct Family: Hashable {
      let owner: Int
      let name: String
    }
    var families: [Family: [Int]] = [:]
    for (number, application) in clientIndex.applications.enumerated() {
      let name = clientIndex.names[application.name]
      guard name.meaning == .numbered else { continue }
      families[Family(owner: application.owner, name: name.reading.family), default: []]
        .append(number)
    }
    var confirmed: Set<Int> = []
    for members in families.values where members.count > 1 {
      let ordinals = members.compactMap { number in
        clientIndex.names[clientIndex.applications[number].name].reading.ordinal
      }
      guard ordinals.sorted() == Array(0..<members.count),
        members.allSatisfy({ clientIndex.applications[$0].isWhollyAddressed && !isSideBySide($0) })
      else { continue }
      confirmed.formUnion(members)
    }
    return confirmed
  }
}
