/// Bytes on their way out: gathered in one block and written when it is full, so that a report of any
/// size takes the same memory. Writing the reports is what this program does most, hence the pointers:
/// a field costs a few copies and no allocation.
public final class ByteSink {
  private var start: UnsafeMutablePointer<UInt8>
  private var count = 0
  private var capacity: Int
  private let write: (UnsafeRawBufferPointer) -> Void

  /// - Parameter write: takes each full block, and what is left at the end.
  public init(capacity: Int = 1 << 16, write: @escaping (UnsafeRawBufferPointer) -> Void) {
    self.capacity = capacity
    self.write = write
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  /// Room for `size` more bytes; the caller fills it and says how much with `advance`.
  @inline(__always)
  func room(for size: Int) -> UnsafeMutablePointer<UInt8> {
    if count + size > capacity { makeRoom(for: size) }
    return start + count
  }

  @inline(__always)
  func advance(_ size: Int) { count += size }

  public func flush() {
    if count > 0 { write(UnsafeRawBufferPointer(start: start, count: count)) }
    count = 0
  }

  private func makeRoom(for size: Int) {
    flush()
    guard size > capacity else { return }
    start.deallocate()
    capacity = size
    start = .allocate(capacity: capacity)
  }

  @inline(__always)
  func append(_ byte: UInt8) {
    room(for: 1).pointee = byte
    advance(1)
  }

  @inline(__always)
  func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    room(for: bytes.count).update(from: source, count: bytes.count)
    advance(bytes.count)
  }

  @inline(__always)
  func append(literal text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public func append(_ text: String) {
    var text = text
    text.withUTF8 { append($0) }
  }

  /// A number, with zeros in front up to `width`.
  @inline(__always)
  func append(_ value: UInt64, width: Int = 1) {
    let room = room(for: 20)
    var length = max(1, width)
    var bound = Self.powersOfTen[length]
    while length < 20 && value >= bound {
      length += 1
      bound = length < 20 ? Self.powersOfTen[length] : .max
    }
    var rest = value
    var place = length
    while place >= 2 {
      let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
      rest = quotient
      place -= 2
      room[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair / 10)
      room[place + 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair % 10)
    }
    if place == 1 { room[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest) }
    advance(length)
  }

  /// 10 to the power of its place, as far as a UInt64 goes.
  private static let powersOfTen: [UInt64] = (0..<20).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }
}
