import InputFiles
import SessionAudit
import Testing

/// What `body` refuses a file with.
func refusal<T>(
  _ body: () throws(InputFileError) -> T, sourceLocation: SourceLocation = #_sourceLocation
) -> InputFileError {
  do throws(InputFileError) {
    let value = try body()
    Issue.record("\(value) was read", sourceLocation: sourceLocation)
    return InputFileError("")
  } catch {
    return error
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func time(_ text: String) throws -> Timestamp { try Timestamp(iso8601: text) }

/// SplitMix64: the same sequence for the same seed, which is printed, so that a failed round can be
/// run again with it.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ test: String, seed: UInt64 = .random(in: .min ... .max)) {
    print("\(test): seed \(seed)")
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

  mutating func one<T>(of values: [T]) -> T {
    values[Int.random(in: 0..<values.count, using: &self)]
  }
}
