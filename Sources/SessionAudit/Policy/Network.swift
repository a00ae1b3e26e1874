/// An IPv4 or IPv6 address as 128 bits; IPv4 as `::ffff:a.b.c.d`, so that both forms of one
/// address are equal.
public struct NetworkAddress: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// nil for what is no numeric address. A zone (`fe80::1%eth0`) is left out.
  public init?(_ text: some StringProtocol) {
    var text = String(text)
    let read = text.withUTF8 { bytes -> NetworkAddress? in
      let bare = bytes.prefix { $0 != UInt8(ascii: "%") }
      return Self.four(bare) ?? Self.six(bare)
    }
    guard let read else { return nil }
    self = read
  }

  private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

  /// Four decimal numbers up to 255 without a zero in front, as inet_pton wants them. By hand, as
  /// every address of every audit comes here.
  private static func four(_ text: Bytes) -> NetworkAddress? {
    var address: UInt64 = 0
    var (number, digits, points): (UInt64, Int, Int) = (0, 0, 0)
    for byte in text {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if digits > 0, number == 0 { return nil }
        number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        digits += 1
        if number > 255 { return nil }
      case UInt8(ascii: "."):
        if digits == 0 { return nil }
        address = address << 8 | number
        (number, digits, points) = (0, 0, points + 1)
      default: return nil
      }
    }
    guard points == 3, digits > 0 else { return nil }
    return NetworkAddress(high: 0, low: 0xFFFF_0000_0000 | address << 8 | number)
  }

  /// Numbers of up to four hexadecimal digits, as inet_pton wants them: eight, or fewer with `::` in the
  /// place of the zeros that are missing; the last two perhaps as an IPv4 address.
  private static func six(_ text: Bytes) -> NetworkAddress? {
    let colon = UInt8(ascii: ":")
    var (rest, address): (Bytes, UInt128) = (text, 0)
    var (count, gap): (Int, Int?) = (0, nil)
    if rest.starts(with: [colon, colon]) {
      gap = 0
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      guard count < 8 else { return nil }
      let word = rest.prefix { $0 != colon }
      rest = rest[word.endIndex...]
      if let number = hexadecimal(word) {
        address = address << 16 | UInt128(number)
        count += 1
      } else {
        guard rest.isEmpty, count <= 6, let four = four(word) else { return nil }
        address = address << 32 | UInt128(four.low & 0xFFFF_FFFF)
        count += 2
      }
      guard !rest.isEmpty else { break }
      rest = rest.dropFirst()
      if rest.first == colon {
        guard gap == nil else { return nil }
        gap = count
        rest = rest.dropFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    guard count == 8 ? gap == nil : gap != nil else { return nil }
    if let gap {
      // What is behind it stays at the end.
      let behind = 16 * (count - gap)
      let tail = address & ((1 << UInt128(behind)) - 1)
      address = (address >> UInt128(behind)) << UInt128(128 - 16 * gap) | tail
    }
    return NetworkAddress(
      high: UInt64(truncatingIfNeeded: address >> 64), low: UInt64(truncatingIfNeeded: address))
  }

  /// Of one to four digits.
  private static func hexadecimal(_ word: Bytes) -> UInt64? {
    guard 1...4 ~= word.count else { return nil }
    var number: UInt64 = 0
    for byte in word {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte & 0xF)
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        number = number << 4 | UInt64(byte & 0xF + 9)
      default: return nil
      }
    }
    return number
  }

  var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// 127.0.0.1 and ::1: whoever connects from there is on the server's own machine, or behind a
  /// proxy on it.
  var isLoopback: Bool { (high == 0 && low == 1) || low == 0xFFFF_7F00_0001 && high == 0 }
}

/// A range of addresses in CIDR notation, or a single address.
public struct Network: Hashable, Sendable {
  public let text: String
  private let base: NetworkAddress
  /// Leading bits that count, of 128.
  private let prefix: Int

  /// nil for what is neither `address` nor `address/bits`, and for a range that begins in its middle
  /// (`10.8.0.1/8`): what was meant can't be told.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = NetworkAddress(parts[0]) else { return nil }
    let isDotted = parts[0].contains(".") && !parts[0].contains(":")
    let widest = isDotted ? 32 : 128
    var bits = widest
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int(parts[1]),
        count <= widest
      else { return nil }
      bits = count
    }
    self.text = text
    prefix = 128 - widest + bits
    base = Self.masked(address, to: prefix)
    if base != address { return nil }
  }

  public func contains(_ address: NetworkAddress) -> Bool {
    // `::/0` speaks of IPv6, though IPv4 has a place in it.
    Self.masked(address, to: prefix) == base && (prefix >= 96 || !address.isIPv4)
  }

  /// nil for a range.
  var onlyAddress: NetworkAddress? { prefix == 128 ? base : nil }

  private static func masked(_ address: NetworkAddress, to prefix: Int) -> NetworkAddress {
    func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits)) }
    return NetworkAddress(
      high: address.high & mask(prefix), low: address.low & mask(prefix - 64))
  }
}
