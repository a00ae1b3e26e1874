import CLibpq

/// Why a connection string can't be used. libpq's own texts repeat the string, password and all,
/// so these name the part that is wrong and never quote what could belong to a password.
public enum ConnectionStringError: Error, Hashable, Sendable {
  case empty
  case unsupportedScheme(String?)
  /// `user:password@host/db`, which libpq would take for the name of a database.
  case schemeMissing
  /// More than one `@` before the path, or an `@` or `:` astray: an unencoded password.
  case unencodedPassword
  case malformedHost
  case malformedPort
  case malformedPercentEncoding
  /// In a URI. The name is given only where it can't be part of a password.
  case unknownParameter(String?)
  /// In `key=value` form: nothing of it is quoted, any word may be part of a password.
  case malformedKeyValue
  /// A whole URI where the name of a host, user or database belongs.
  case uriAsName
  case nulByte
  case malformed

  /// One clause that completes "the connection string …".
  public var clause: String {
    switch self {
    case .empty: "is empty"
    case .unsupportedScheme(let scheme?):
      "has the scheme \"\(scheme)\", which is none of postgres, postgresql and postgis"
    case .unsupportedScheme(nil): "has a scheme that is none of postgres, postgresql and postgis"
    case .schemeMissing: "looks like a URI without postgres:// before it"
    case .unencodedPassword:
      "has an '@', ':' or '/' where none can stand; in a user name or password write @ as %40, : as %3A, / as %2F"
    case .malformedHost: "has a malformed host (an IPv6 address stands in brackets: [::1])"
    case .malformedPort: "has a port that is no number from 1 to 65535"
    case .malformedPercentEncoding:
      "has a '%' that begins no %XX code; write a plain percent sign as %25"
    case .unknownParameter(let name?): "has the unknown parameter \"\(name)\""
    case .unknownParameter(nil): "has an unknown parameter"
    case .malformedKeyValue:
      "is not a list of known key=value pairs (a value with spaces stands in single quotes)"
    case .uriAsName: "is a URI where a name belongs"
    case .nulByte: "holds a NUL byte"
    case .malformed: "is malformed"
    }
  }
}

/// Reads a TARGET as psql does: a URI, a list of key=value pairs, or the name of a database.
public enum ConnectionString {
  /// What was read, with the URI parameters that were left out because libpq knows none such
  /// (`(unnamed)` where the name may be a piece of a password).
  public struct Parsed: Equatable, Sendable {
    public var parameters: ConnectionParameters
    public var droppedParameters: [String]
  }

  /// - Parameter droppingUnknown: leave out URI parameters that libpq does not know (`?pool=5` is
  ///   common in DATABASE_URL), instead of refusing them.
  public static func parse(
    _ text: String, droppingUnknown: Bool = false
  ) throws(ConnectionStringError) -> Parsed {
    guard !text.utf8.contains(0) else { throw .nulByte }
    // A mark that combines with an '@' or a '/' would make another Character of it and hide it
    // from every check below, though not from libpq.
    guard
      !text.contains(where: { character in
        character.unicodeScalars.count > 1
          && "@/:?&=%[]'\\".unicodeScalars.contains(character.unicodeScalars.first!)
      })
    else { throw .malformed }
    guard text.contains(where: { !$0.isWhitespace }) else { throw .empty }
    if let range = text.firstRange(of: "://"), !text[..<range.lowerBound].contains("=") {
      return try parseURI(
        scheme: text[..<range.lowerBound], rest: text[range.upperBound...],
        droppingUnknown: droppingUnknown)
    }
    if text.contains("=") {
      guard let parameters = libpqParse(text) else { throw .malformedKeyValue }
      try validate(parameters)
      return Parsed(parameters: parameters, droppedParameters: [])
    }
    guard !text.contains("@") && !text.contains(":/") else { throw .schemeMissing }
    return Parsed(parameters: ConnectionParameters(["dbname": text]), droppedParameters: [])
  }

  private static func parseURI(
    scheme: Substring, rest: Substring, droppingUnknown: Bool
  ) throws(ConnectionStringError) -> Parsed {
    guard ["postgres", "postgresql", "postgis"].contains(scheme.lowercased()) else {
      let isScheme = scheme.utf8.allSatisfy { byte in
        byte >= 0x61 && byte <= 0x7A || byte >= 0x30 && byte <= 0x39 || "+-.".utf8.contains(byte)
      }
      throw .unsupportedScheme(isScheme && !scheme.isEmpty ? String(scheme) : nil)
    }
    let authority = rest.prefix { $0 != "/" }
    guard authority.count(where: { $0 == "@" }) <= 1 else { throw .unencodedPassword }
    let hosts = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
    let path = rest.dropFirst(authority.count).prefix { $0 != "?" }
    // A '?' in the password begins no query.
    let queryStart = rest[hosts.startIndex...].firstIndex(of: "?")
    // postgres://user:pa/ss@host: libpq would take `pa` for the port and show it.
    guard !path.contains("@") else { throw .unencodedPassword }
    guard hosts.count(where: { $0 == "[" }) == hosts.count(where: { $0 == "]" }) else {
      throw .malformedHost
    }
    try checkPercentEncoding(rest)

    var kept: [Substring] = []
    var dropped: [String] = []
    if let queryStart {
      var passwordSeen = false
      for pair in rest[rest.index(after: queryStart)...].split(separator: "&") {
        let name = String(pair.prefix { $0 != "=" })
        guard !name.contains("@") else { throw .unencodedPassword }
        // After `password=a&b` the b may be a piece of the password, as may what has no `=`.
        let isPlain = name.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 == 0x5F }
        let canBeShown = isPlain && pair.contains("=") && !passwordSeen
        passwordSeen = passwordSeen || name.hasSuffix("password")
        // `ssl=true` is JDBC's, which libpq understands.
        if ConnectionParameters.knownNames.contains(name) || name == "ssl" {
          kept.append(pair)
        } else if droppingUnknown {
          dropped.append(canBeShown ? name : "(unnamed)")
        } else {
          throw .unknownParameter(canBeShown ? name : nil)
        }
      }
    }
    let base = queryStart.map { rest[..<$0] } ?? rest
    let query = kept.isEmpty ? "" : "?" + kept.joined(separator: "&")
    guard let parameters = libpqParse("postgresql://" + base + query) else { throw .malformed }
    try validate(parameters)
    return Parsed(parameters: parameters, droppedParameters: dropped)
  }

  private static func checkPercentEncoding(_ text: Substring) throws(ConnectionStringError) {
    let bytes = Array(text.utf8)
    func isHex(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }
    for (i, byte) in bytes.enumerated() where byte == UInt8(ascii: "%") {
      guard i + 2 < bytes.count, isHex(bytes[i + 1]), isHex(bytes[i + 2]),
        !(bytes[i + 1] == 0x30 && bytes[i + 2] == 0x30)
      else { throw .malformedPercentEncoding }
    }
  }

  /// What libpq accepts here but would later show in an error: a host or a port that is a piece
  /// of a password.
  private static func validate(
    _ parameters: ConnectionParameters
  ) throws(ConnectionStringError) {
    if let host = parameters["host"], host.contains("@") { throw .unencodedPassword }
    for name in ["host", "dbname", "user"] where parameters[name]?.contains("://") == true {
      throw .uriAsName
    }
    if let ports = parameters["port"], !isPortList(ports) { throw .malformedPort }
  }

  /// Comma-separated ports as libpq takes them, an empty one meaning the default.
  public static func isPortList(_ text: String) -> Bool {
    text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
      part.isEmpty
        || part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
          && Int(part).map { (1...65535).contains($0) } == true
    }
  }

  private static func libpqParse(_ text: String) -> ConnectionParameters? {
    var message: UnsafeMutablePointer<CChar>?
    let options = PQconninfoParse(text, &message)
    PQfreemem(message)  // never shown: it repeats the string
    guard let options else { return nil }
    defer { PQconninfoFree(options) }
    return ConnectionParameters(
      Dictionary(
        uniqueKeysWithValues: ConnectionParameters.entries(options).compactMap { entry in
          entry.value.map { (entry.name, $0) }
        }))
  }
}
