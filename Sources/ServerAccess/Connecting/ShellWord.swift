import SessionAudit

/// Words as a POSIX shell reads them back.
public enum ShellWord {
  public static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A
          || byte >= 0x30 && byte <= 0x39 || "/._-:,@%+=".utf8.contains(byte)
      }
    if isPlain { return word }
    return "'" + word.spelling { $0 == "'" ? "'\\''" : nil } + "'"
  }
}
