import SessionAudit
import TestPages

extension Hostile {
  /// One session for each text, which stands in everything that a client chooses.
  static var sessions: [Session] {
    texts.enumerated().map { index, text in
      .client(
        pid: Int32(1000 + index), index.isMultiple(of: 7) ? .other(text) : .idle,
        silent: .hours(index % 5), application: text
      ) {
        $0.user = text
        if index.isMultiple(of: 3) { $0.database = text }
        $0.clientAddress = text
        $0.query = text
        $0.waitEventType = text
        $0.waitEvent = text
        $0.lastCommand = text
      }
    }
  }
}
