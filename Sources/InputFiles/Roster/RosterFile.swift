import SessionAudit

/// Reads a list of who is alive, in whichever of the forms it comes. A roster must never make a
/// living session an orphan: what can be read in two ways is read in the way that spares.
public enum RosterFile {
  /// The roster in the output of `heroku ps --json` or `kubectl get pods -o json`, or in lines of
  /// `name-or-address[,started-at]`; the first byte tells which. When it was taken, and what it
  /// covers beside the families in it, is the caller's to add.
  public static func read(_ bytes: [UInt8]) throws(InputFileError) -> Roster {
    guard !bytes.contains(0) else { throw InputFileError("is not text in UTF-8") }
    let text = bytes[bytes.placeAfterByteOrderMark...]
    let roster =
      switch text.first(where: { !isBlank($0) && $0 != UInt8(ascii: "\n") }) {
      case UInt8(ascii: "["): try heroku(JSONField(JSONText.parse(bytes)))
      case UInt8(ascii: "{"): try kubernetes(JSONField(JSONText.parse(bytes)))
      default: try lines(bytes)
      }
    // An error message of a platform's tool in place of its list ends here, too.
    guard !roster.entries.isEmpty else {
      throw InputFileError("lists nobody: everything would look like an orphan")
    }
    guard roster.entries.contains(where: \.isAlive) else {
      throw InputFileError("lists nobody who is alive: everything would look like an orphan")
    }
    return roster
  }

  static let notARoster =
    "is neither what heroku ps --json nor what kubectl get pods -o json writes"

  /// The carriage return is one, so that lines may end as on Windows.
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }
}

extension JSONField {
  /// A name that is not empty, as far as the server keeps one: a longer one would match none of
  /// its own sessions.
  func applicationName() throws(InputFileError) -> String {
    let name = try requiredString()
    guard !name.isEmpty else { throw error("is empty") }
    guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw error("is not the plain ASCII that the server shows of a name")
    }
    return String(name.prefix(RosterFile.longestName))
  }
}

extension RosterFile {
  /// Bytes that the server keeps of an application_name.
  static let longestName = Glob.longestName
}
