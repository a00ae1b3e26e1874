import PostgresClient
import Testing

struct ConnectionStringTests {
  private func parameters(_ text: String) throws -> ConnectionParameters {
    try ConnectionString.parse(text).parameters
  }

  @Test func readsURIs() throws {
    let read = try parameters("postgresql://me:p%40ss@db.example:6543/shop?sslmode=require")
    #expect(read["user"] == "me" && read["password"] == "p@ss" && read["host"] == "db.example")
    #expect(read["port"] == "6543" && read["dbname"] == "shop" && read["sslmode"] == "require")
    #expect(try parameters("postgres://[::1]:5432/x")["host"] == "::1")
    #expect(try parameters("postgis://h/x")["dbname"] == "x")
    #expect(try parameters("postgres://a:1,b:2/x")["host"] == "a,b")
    #expect(try parameters("postgresql://%2Ftmp:5433/x")["host"] == "/tmp")
    #expect(try parameters("POSTGRES://h/x")["host"] == "h")
  }

  @Test func readsKeyValuePairsAndNames() throws {
    let read = try parameters("host=h port=5433 dbname='my db' password='it\\'s'")
    #expect(read["host"] == "h" && read["port"] == "5433" && read["dbname"] == "my db")
    #expect(read["password"] == "it's")
    #expect(try parameters("shop")["dbname"] == "shop")
    #expect(try parameters("service=x")["service"] == "x")
    // An equals sign before `://` is no scheme.
    #expect(try parameters("dbname=x options=-cfoo=a://b")["dbname"] == "x")
  }

  @Test func dropsUnknownURIParametersOnlyWhenAsked() throws {
    let uri = "postgres://h/x?pool=5&sslmode=disable&schema=public"
    #expect(throws: ConnectionStringError.unknownParameter("pool")) {
      try ConnectionString.parse(uri)
    }
    let parsed = try ConnectionString.parse(uri, droppingUnknown: true)
    #expect(parsed.droppedParameters == ["pool", "schema"])
    #expect(parsed.parameters["sslmode"] == "disable" && parsed.parameters["dbname"] == "x")
  }

  @Test(arguments: [
    ("", ConnectionStringError.empty),
    ("  \n", .empty),
    ("a\0b", .nulByte),
    ("mysql://u:s3cret@h/db", .unsupportedScheme("mysql")),
    ("postgresql+psycopg2://u:s3cret@h/db", .unsupportedScheme("postgresql+psycopg2")),
    ("s3cret!://h", .unsupportedScheme(nil)),
    ("u:s3cret@h/db", .schemeMissing),
    ("u@h", .schemeMissing),
    ("postgres://u:s3@cret@h/db", .unencodedPassword),
    ("postgres://u:s3/cret@h/db", .unencodedPassword),
    ("postgres://u:s3cret@[::1/db", .malformedHost),
    ("postgres://u:s3cret@::1]/db", .malformedHost),
    ("postgres://h:s3cret/db", .malformedPort),
    ("postgres://h:0/db", .malformedPort),
    ("postgres://h:65536/db", .malformedPort),
    ("host=h port=s3cret", .malformedPort),
    ("postgres://u:%zzs3cret@h/db", .malformedPercentEncoding),
    ("postgres://u:s3cret%@h/db", .malformedPercentEncoding),
    ("postgres://u:%00s3cret@h/db", .malformedPercentEncoding),
    ("postgres://h/db?s3cret!=1", .unknownParameter(nil)),
    ("postgres://h/db?schema", .unknownParameter(nil)),
    ("postgres://h/db?schema=1", .unknownParameter("schema")),
    ("password=a b s3cret=c", .malformedKeyValue),
    ("password='s3cret", .malformedKeyValue),
    ("host=u:s3@cret", .unencodedPassword),
  ])
  func refuses(_ text: String, _ error: ConnectionStringError) {
    #expect(throws: error) { try ConnectionString.parse(text) }
  }

  /// Each string has these pieces of a password in places where libpq would repeat them.
  @Test(arguments: [
    "postgresql+psycopg2://u:Hush1@h/db", "postgres://u:Hush1@[::1", "postgres://u:%zzHush1@h/db",
    "postgres://u:Hu@sh1@host/db", "postgres://u:Hu/sh1@host/db", "password=Hu sh1 secret=Hush1",
    "u:Hush1@h/db", "Hush1://u@h", "postgres://u:Hush1", "postgres://u:Hush1@h:po rt/db",
    "postgres://u:Hu?sh1@h/db", "postgres://u:Hu#sh1@h/db", "postgres://u:Hu&sh1@h/db?Hush1",
    "postgres://h/db?password=Hush1&Hush1", "postgres://h/db?password=Hu&sh1", "host=u:Hush1@h",
    "password=Hush1'", "password='Hush1", "password=Hush1 port=Hush1", "postgres://u:Hush1@h/db?=",
    "postgres:/u:Hush1@h/db", "postgres//u:Hush1@h/db", "postgresql://u:Hu:sh1@h:54x/db",
    "postgres://u:Hu?sh1=x@h/db", "postgres://u:Hu[sh1@h/db", "jdbc:postgresql://u:Hush1@h/db",
    "postgres://u:hush1?hush1=1@h/db", "postgres://u:Hush1\0@h/db", "a:hush1://h",
    "postgres://h/db?password=hu&hush&sh1=", "postgres://h/db?hush1",
  ])
  func noErrorQuotesAPassword(_ text: String) {
    for droppingUnknown in [false, true] {
      do {
        let parsed = try ConnectionString.parse(text, droppingUnknown: droppingUnknown)
        // What parses may show host, port, user, database and dropped names later on.
        let shown = ["host", "port", "user", "dbname"].compactMap { parsed.parameters[$0] }
        for word in shown + parsed.droppedParameters { expectNoPiece(word, of: text) }
      } catch {
        expectNoPiece(error.clause, of: text)
      }
    }
  }

  private func expectNoPiece(_ shown: String, of text: String) {
    let lowered = shown.lowercased()
    for piece in ["hush", "sh1"] where text.lowercased().contains(piece) {
      #expect(!lowered.contains(piece), "\(text) leaks into: \(shown)")
    }
  }
}
