import Testing

@testable import ServerAccess

struct RedactionTests {
  @Test(arguments: [
    ("postgresql://u:secret@h/d", "postgresql://u:***@h/d"),
    ("postgresql://u:se@cr:et/@h/d x@y", "postgresql://u:***@h/d x@y"),
    ("\"postgresql://:secret@h\" and http://a/b:c@d", "\"postgresql://:***@h\" and http://a/b:c@d"),
    ("x://a:b://c:d@e f", "x://a:***@e f"),
    ("x://a:b c://d:e@f", "x://a:b c://d:***@f"),
    ("no :// here: at@all", "no :// here: at@all"),
    ("://", "://"), ("://a:", "://a:"), ("", ""),
    ("password=secret host=h", "password=*** host=h"),
    ("PassWord = 'se cr\\'et' x", "PassWord = *** x"),
    ("a?password=s&b=c", "a?password=***&b=c"),
    ("password authentication failed for user=x", "password authentication failed for user=x"),
    ("password password=a password=", "password password=*** password="),
    ("password='never ended", "password=***"),
    ("passwordpassword=x\"y", "passwordpassword=***\"y"),
    ("wörter://ü:ß@h password=ß", "wörter://ü:***@h password=***"),
  ])
  func masksWhatWasTypedAsAPassword(_ text: String, _ shown: String) {
    #expect(Redaction.redacted(text) == shown)
  }

  /// What a server says must not cost more than its length.
  @Test(arguments: ["://a:", "://", "password='", "password=\\'", "password ", "a@://b:"])
  func takesTimeByTheLengthAlone(_ piece: String) {
    let text = String(repeating: piece, count: 400_000 / piece.utf8.count)
    let start = ContinuousClock.now
    #expect(!Redaction.redacted(text).isEmpty)
    #expect(start.duration(to: .now) < .seconds(5))
  }
}
