import Testing

@testable import SessionAudit

struct NetworkTests {
  private static let spellings: [[String]] = [
    ["10.0.0.1", "::ffff:10.0.0.1", "::FFFF:a00:1", "0:0:0:0:0:ffff:10.0.0.1"],
    ["::1", "0:0:0:0:0:0:0:1", "0::1"],
    ["fd00::1", "FD00::1", "fd00:0::0:1", "fd00::1%eth0"],
    ["0.0.0.0", "::ffff:0.0.0.0"],
    ["::", "0::0"],
    ["255.255.255.255", "::ffff:ffff:ffff"],
  ]

  @Test func knowsEachAddressInAllItsSpellings() throws {
    let addresses = try Self.spellings.map { try $0.map { try #require(NetworkAddress($0)) } }
    for (index, equal) in addresses.enumerated() {
      #expect(Set(equal).count == 1, "\(Self.spellings[index])")
    }
    #expect(Set(addresses.joined()).count == Self.spellings.count)
  }

  @Test(arguments: [
    "", " ", "10", "10.0.0", "10.0.0.256", "10.0.0.1.1", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1/32",
    "010.0.0.1", "0x0a.0.0.1", "fd00:::1", "fd00::1::2", "g::1", "[::1]", "::ffff:10.0.0", "host",
    "10.0.0.1\u{0}", "١٠.0.0.1", "%eth0", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
  ])
  func refusesWhatIsNoAddress(_ text: String) {
    #expect(NetworkAddress(text) == nil && Network(text) == nil || text == "10.0.0.1/32")
  }

  @Test func tellsFamilyAndLoopback() throws {
    func address(_ text: String) throws -> NetworkAddress { try #require(NetworkAddress(text)) }
    #expect(try address("127.0.0.1").isLoopback && address("::1").isLoopback)
    #expect(try address("::ffff:127.0.0.1").isLoopback)
    for other in ["127.0.0.2", "::", "::2", "fd00::1", "10.0.0.1", "0.0.0.1"] {
      #expect(try !address(other).isLoopback, "\(other)")
    }
    #expect(try address("10.0.0.1").isIPv4 && address("::ffff:10.0.0.1").isIPv4)
    #expect(try !address("::1").isIPv4 && !address("fd00::ffff:10.0.0.1").isIPv4)
  }

  private static let ranges: [(String, within: [String], without: [String])] = [
    ("10.0.0.1", ["10.0.0.1", "::ffff:10.0.0.1"], ["10.0.0.2", "10.0.0.0"]),
    ("10.0.0.1/32", ["10.0.0.1"], ["10.0.0.0", "10.0.0.2"]),
    ("10.0.0.6/31", ["10.0.0.6", "10.0.0.7"], ["10.0.0.5", "10.0.0.8"]),
    ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0", "fd00::1"]),
    ("0.0.0.0/1", ["127.255.255.255", "0.0.0.0"], ["128.0.0.0"]),
    ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::1", "fd00::1"]),
    // What is written as IPv6 speaks of IPv6.
    ("::/0", ["::", "fd00::1"], ["10.0.0.1"]),
    ("fd00::1/128", ["fd00::1"], ["fd00::", "fd00::2"]),
    ("fd00::/127", ["fd00::", "fd00::1"], ["fd00::2"]),
    ("fd00::/64", ["fd00::ffff:ffff:ffff:ffff"], ["fd00:0:0:1::", "fcff:ffff::"]),
    ("fd00::/65", ["fd00::7fff:ffff:ffff:ffff"], ["fd00::8000:0:0:0"]),
    ("fd00::/63", ["fd00:0:0:1::1"], ["fd00:0:0:2::"]),
    ("fc00::/7", ["fdff::1", "fc00::"], ["fe00::", "10.0.0.1"]),
    ("::ffff:10.0.0.0/104", ["10.255.0.1"], ["11.0.0.0"]),
    ("::ffff:0:0/96", ["10.0.0.1", "255.0.0.0"], ["::1"]),
  ]

  @Test(arguments: ranges)
  func contains(_ text: String, _ within: [String], _ without: [String]) throws {
    let network = try #require(Network(text))
    #expect(network.text == text)
    for address in within {
      #expect(network.contains(try #require(NetworkAddress(address))), "\(address) in \(text)")
    }
    for address in without {
      #expect(!network.contains(try #require(NetworkAddress(address))), "\(address) in \(text)")
    }
  }

  @Test(arguments: [
    "10.8.0.1/8", "fd00::1/64", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8",
    "10.0.0.0/8 ", "10.0.0.0/8/8", "/8",
    "10.0.0.0/x", "10/8", "fd00::/129", "fd00::/", "10.0.0.0/255.0.0.0", "10.0.0.0/٨",
    "10.0.0.0/99999999999999999999", "db.example/24", "*",
  ])
  func refusesWhatIsNoRange(_ text: String) { #expect(Network(text) == nil) }

  @Test func isOneAddressOnlyWithAllBits() throws {
    let own = try #require(NetworkAddress("10.0.0.1"))
    for text in ["10.0.0.1", "10.0.0.1/32", "::ffff:10.0.0.1", "::ffff:10.0.0.1/128"] {
      #expect(Network(text)?.onlyAddress == own, "\(text)")
    }
    #expect(Network("10.0.0.0/31")?.onlyAddress == nil)
    #expect(Network("::/0")?.onlyAddress == nil)
  }
}
