#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The process's environment.
package enum Environment {
  package static func value(of name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// All of it, `NAME=value` each.
  package static var entries: [String] {
    var entries: [String] = []
    var entry = environ
    while let text = entry.pointee {
      entries.append(String(cString: text))
      entry += 1
    }
    return entries
  }
}
