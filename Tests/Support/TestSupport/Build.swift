#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where this package's executables have been built.
public enum Build {
  /// The folder of the built `pgsessions` and `dyno-relay`: `PGSESSIONS_PRODUCTS` where that is
  /// set, else the one that the running test bundle or executable lies in.
  public static var productsDirectory: String {
    get throws {
      if let chosen = currentEnvironment()["PGSESSIONS_PRODUCTS"], !chosen.isEmpty { return chosen }
      // On macOS the code of a test run lies three folders down in a bundle.
      var folder = try ownImage()
      for _ in 0..<5 {
        guard let slash = folder.lastIndex(of: "/"), slash > folder.startIndex else { break }
        folder = String(folder[..<slash])
        if ["dyno-relay", "pgsessions"].contains(where: { access("\(folder)/\($0)", X_OK) == 0 }) {
          return folder
        }
      }
      throw SupportError(
        "The built executables were not found beside \(try ownImage()): run `swift build`, or set "
          + "PGSESSIONS_PRODUCTS to their folder.")
    }
  }

  /// The path of a built executable.
  public static func executable(_ name: String) throws -> String {
    let path = "\(try productsDirectory)/\(name)"
    guard access(path, X_OK) == 0 else {
      throw SupportError("\(path) is missing: run `swift build` first.")
    }
    return path
  }

  /// The file that this very code was loaded from: an executable, or a test bundle.
  private static func ownImage() throws -> String {
    #if canImport(Darwin)
      var info = Dl_info()
      let name = dladdr(#dsohandle, &info) != 0 ? info.dli_fname.map { String(cString: $0) } : nil
    #else
      // A test bundle may be loaded by a helper program, which names it in its arguments.
      let name: String? =
        CommandLine.arguments.last { $0.hasSuffix(".xctest") } ?? "/proc/self/exe"
    #endif
    guard let name, let path = realpath(name, nil) else {
      throw SupportError("The running program's own path is unknown.")
    }
    defer { free(path) }
    return String(cString: path)
  }
}
