/// One line on a terminal that says how far several targets are. It gives way to whatever else is
/// written there, and is gone at the end.
package enum StatusLine {
  private static let isShown = Lock(false)

  /// Shows it in the place of the one before; where nobody sees it, nothing.
  /// - Parameter text: for a line of so many columns at most, without anything that moves the cursor.
  package static func show(_ text: (_ columns: Int) -> String) {
    guard isWanted else { return }
    // A password is being typed: the line would run into it.
    Terminal.turn.withLockIfAvailable { _ in
      isShown.withLock { isShown in
        let columns = max(1, Terminal.width(of: 2) - 1)
        Output.writeToStandardError("\r\u{1B}[K" + text(columns))
        isShown = true
      }
    }
  }

  package static func clear() {
    isShown.withLock { isShown in
      if isShown { Output.writeToStandardError("\r\u{1B}[K") }
      isShown = false
    }
  }

  private static var isWanted: Bool {
    guard Terminal.isTerminal(2) else { return false }
    return Environment.value(of: "TERM").map { $0 != "dumb" } ?? false
  }
}
