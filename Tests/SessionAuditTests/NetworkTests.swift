import TestRandom
import Testing

@testable import SessionAudit

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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

  /// As the C library reads it; of IPv6 what the server shows comes from there too.
  private func bySystem(_ text: String) -> NetworkAddress? {
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    return withUnsafeBytes(of: &six) { bytes in
      func half(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      return NetworkAddress(high: half(0), low: half(8))
    }
  }

  @Test(arguments: [
    "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::", ":::", "::::", ":", ":1", "1:",
    "1::2:", ":1::2", "1::2::3", "12345::", "0001::", "00001::", "::g", "1:2:3:4:5:6:1.2.3.4",
    "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4", "1::1.2.3.4", "::1.2.3.4:5",
    "1.2.3.4::", "::1.2.3", "::1.2.3.256", "::01.2.3.4", "::1.2.3.4.", "::1.2.3.4 ",
    "1:2:3:4:5::1.2.3.4",
    "::2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "fe80::a:B:c:D", "::ffff:0:0", "+1::", "-1::",
    "::0x1", "1 ::", "::1\n", "::é", "FFFF:ffff:FFFF:ffff:FFFF:ffff:FFFF:ffff",
  ])
  func readsAsTheSystemDoes(_ text: String) {
    #expect(NetworkAddress(text) == bySystem(text))
  }

  @Test func readsAsTheSystemDoesWhateverComes() {
    var random = Seeded.printed("addresses")
    let parts = [
      "0", "1", "ffff", "A0b", "12345", ":", ":", ":", "::", ".", "1.2.3.4", "0.0.0.0", "g",
    ]
    var addresses = 0
    for _ in 0..<100_000 {
      let text: String
      if random.chance(50) {
        text = (0..<Int.random(in: 1...12, using: &random)).map { _ in random.one(of: parts) }
          .joined()
      } else {
        // Nearly right: eight numbers, of which some are left out or spoilt.
        var words = (0..<8).map { _ in
          String(
            UInt16.random(in: 0...UInt16.max, using: &random) >> random.one(of: [0, 8, 12]),
            radix: 16)
        }
        if random.chance(60) {
          let start = Int.random(in: 0...7, using: &random)
          words.replaceSubrange(start..<Int.random(in: start...8, using: &random), with: [""])
        }
        if random.chance(20) { words[words.count - 1] = "10.1.2.3" }
        text =
          (random.chance(20) ? ":" : "") + words.joined(separator: ":")
          + (random.chance(20) ? ":" : "")
      }
      // Without a colon it is IPv4's.
      guard text.contains(":") else { continue }
      let right = bySystem(text)
      if right != nil { addresses += 1 }
      #expect(NetworkAddress(text) == right, "\(text)")
    }
    #expect(addresses > 5_000)
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
