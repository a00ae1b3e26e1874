#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The process's environment, read by the commands and passed on as a value.
enum Environment {
  static func variables() -> [String: String] { ProcessInfo.processInfo.environment }
}
