#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What the terminal is and says.
package enum Terminal {
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns of the terminal; 80 where there is none.
  package static func width(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whose turn it is to ask: several targets may want a password.
  package static let turn = Lock(())

  /// Asks on the controlling terminal, whatever stdin and stdout are.
  /// - Parameter interruption: ends the wait for an answer.
  /// - Returns: the line that was typed; nil without a terminal, at its end, or when interrupted.
  package static func ask(
    _ question: String, hidingAnswer: Bool = false, interruption: Interruption? = nil
  ) -> String? {
    turn.withLock { _ in
      // Whoever ends the program while another is asked is not asked after that.
      if BlockedSignals.arePending || interruption?.isRaised == true { return nil }
      StatusLine.clear()
      return answer(question, hidingAnswer: hidingAnswer, interruption: interruption)
    }
  }

  private static func answer(
    _ question: String, hidingAnswer: Bool, interruption: Interruption?
  ) -> String? {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var before = termios()
    let hides = hidingAnswer && tcgetattr(terminal, &before) == 0
    // A signal that ends us must find the terminal talkative again: it waits for that.
    let signals = hides ? BlockedSignals.holdBack() : nil
    if hides {
      var silent = before
      silent.c_lflag &= ~tcflag_t(ECHO)
      tcsetattr(terminal, TCSAFLUSH, &silent)
    }
    defer {
      if hides {
        tcsetattr(terminal, TCSAFLUSH, &before)
        signals?.letThrough()
        _ = Output.write([UInt8(ascii: "\n")], to: terminal)
      }
    }
    // Only now, or the first letters of a fast typist would show.
    guard Output.write(Array(question.utf8), to: terminal) == nil else { return nil }
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      if hides, BlockedSignals.arePending { return nil }
      var entries = [
        Readiness.reading.entry(terminal), Readiness.reading.entry(interruption?.descriptor ?? -1),
      ]
      if poll(&entries, 2, 100) <= 0 { continue }
      if entries[1].revents != 0 { return nil }
      let count = read(terminal, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count == 1 else { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
  }
}
