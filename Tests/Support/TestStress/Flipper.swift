import OperatingSystem
import PostgresClient
import TestSupport

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A client whose session flips between idle and active until it is told to stop. Each has a
/// thread of its own.
struct Flipper: Sendable {
  let parameters: ConnectionParameters
  let ledger: Ledger
  let stop: StopSign
  var habits: Habits

  mutating func run() {
    while !stop.isGiven {
      do {
        try live()
      } catch .interrupted {
        return
      } catch {
        ledger.trouble("\(error)")
        usleep(50_000)
      }
    }
  }

  /// One session, from connecting until it is ended or left.
  private mutating func live() throws(PostgresError) {
    let session = try Connection.open(
      parameters, deadline: Deadline(after: .seconds(30)), interruption: stop.interruption)
    ledger.opened(session.backendPID)
    let opened = Moment.now
    var used = opened
    var answerTook = Duration.zero
    var heardEarly = false
    while true {
      let sent = Moment.now
      do throws(PostgresError) {
        let sql = habits.query()
        _ = try session.query(
          Statement(name: sql, sql: sql), deadline: Deadline(after: .seconds(30)))
      } catch .connectionLost(let message, _) {
        // The end was there before this query if the server had spoken while nothing was asked.
        ledger.ended(
          Ending(
            pid: session.backendPID, opened: opened, used: used, answerTook: answerTook,
            noticed: sent,
            hadSentQuery: !heardEarly,
            words: "\(message.sqlState?.code ?? "no state"): \(message.message)"))
        return
      }
      ledger.flipped()
      used = .now
      answerTook = sent.duration(to: used)
      let idle = habits.idleTime()
      try session.pause(idle, deadline: Deadline(after: idle + .seconds(1)))
      heardEarly = used.duration(to: .now) < idle
      if !heardEarly && habits.leaves(afterIdle: idle) { return }
    }
  }
}
