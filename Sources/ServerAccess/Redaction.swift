/// The last net under every text: nobody prints what they typed as a password.
public enum Redaction {
  /// The text with `…://user:password@` and `password=…` masked.
  public static func redacted(_ text: String) -> String {
    var result = text
    // A password may hold an '@' itself: the last one before a blank or quote ends it.
    result.replace(/:\/\/([^\s:\/@"']*):[^\s"']*@/) { "://\($0.output.1):***@" }
    result.replace(/(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&'"]+)/) { "\($0.output.1)***" }
    return result
  }
}
