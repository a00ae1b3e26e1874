import Rendering
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One line on a terminal that says how far several targets are. It gives way to whatever else is
/// written there, and is gone at the end.
enum StatusLine {
  private static let isShown = Mutex(false)

  /// Shows it in the place of the one before; where nobody sees it, nothing.
  static func show(_ text: String) {
    guard isWanted else { return }
    // A password is being typed: the line would run into it.
    Terminal.turn.withLockIfAvailable { _ in
      isShown.withLock { isShown in
        let text = CellWidth.fit(
          HostileText.escaped(text), to: max(1, Terminal.width(of: 2) - 1), unicode: false)
        Output.writeToStandardError("\r\u{1B}[K" + text)
        isShown = true
      }
    }
  }

  static func clear() {
    isShown.withLock { isShown in
      if isShown { Output.writeToStandardError("\r\u{1B}[K") }
      isShown = false
    }
  }

  private static var isWanted: Bool {
    guard Terminal.isTerminal(2) else { return false }
    return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
  }
}
