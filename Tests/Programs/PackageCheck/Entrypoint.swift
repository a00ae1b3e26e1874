import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Installs what `make release` and `make deb` made into a clean root, and uses it there.
@main
enum Entrypoint {
  static func main() {
    do {
      exit(try run(CommandLine.arguments) ? 0 : 1)
    } catch {
      let line = Array("package-check: \(error)\n".utf8)
      _ = write(2, line, line.count)
      exit(1)
    }
  }

  /// - Returns: whether all is as it should be.
  private static func run(_ arguments: [String]) throws -> Bool {
    guard arguments.count == 5 else {
      throw SupportError("usage: package-check VERSION DIST ROOT-ARCHIVE INSTALL-PAGE")
    }
    let server = try ThrowawayServer()
    defer { server.remove() }
    var delivery = Delivery(
      version: arguments[1], root: try CleanRoot(archive: arguments[3]), server: server,
      manual: try Manual(path: arguments[4]))
    try delivery.check(dist: arguments[2])
    print("package-check: \(delivery.checks.passed) passed, \(delivery.checks.failed) failed")
    return delivery.checks.failed == 0
  }
}
