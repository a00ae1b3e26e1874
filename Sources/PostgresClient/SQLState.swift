/// A five-character SQLSTATE (PostgreSQL documentation, appendix A).
public struct SQLState: Hashable, Sendable, CustomStringConvertible {
  public let code: String

  /// `nil` unless `code` is five characters of A–Z and 0–9.
  public init?(_ code: some StringProtocol) {
    guard code.utf8.count == 5, code.utf8.allSatisfy(Self.isCodeByte) else { return nil }
    self.code = String(code)
  }

  private init(known code: String) { self.code = code }

  public var description: String { code }

  static func isCodeByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  /// Class 08 and what PgBouncer answers for everything.
  public static let protocolViolation = SQLState(known: "08P01")
  public static let invalidAuthorization = SQLState(known: "28000")
  public static let invalidPassword = SQLState(known: "28P01")
  public static let unknownDatabase = SQLState(known: "3D000")
  public static let insufficientPrivilege = SQLState(known: "42501")
  public static let tooManyConnections = SQLState(known: "53300")
  /// object_not_in_prerequisite_state; of a connection: the database takes none.
  public static let notInPrerequisiteCondition = SQLState(known: "55000")
  public static let queryCanceled = SQLState(known: "57014")
  /// What a session reads when it has been terminated.
  public static let adminShutdown = SQLState(known: "57P01")
  public static let crashShutdown = SQLState(known: "57P02")
  public static let cannotConnectNow = SQLState(known: "57P03")
  public static let idleSessionTimeout = SQLState(known: "57P05")
}
