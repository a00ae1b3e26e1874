import CLibpq
import OperatingSystem

/// One session on a server. Used by one thread at a time; closes when it goes.
public final class Connection {
  private let handle: OpaquePointer
  /// Ends any wait: a statement that is under way is cancelled, and the connection is of no further
  /// use.
  public var interruption: Interruption?
  /// Names of the statements that the server keeps.
  private var kept: Set<String> = []

  init(owning handle: OpaquePointer, interruption: Interruption?) {
    self.handle = handle
    self.interruption = interruption
  }

  deinit { PQfinish(handle) }

  // What libpq found out, as the server or the connection string had it.
  public var host: String? { text(PQhost(handle)) }
  public var port: String? { text(PQport(handle)) }
  public var database: String? { text(PQdb(handle)) }
  public var user: String? { text(PQuser(handle)) }
  /// As `server_version_num`: 150018 for 15.18. 0 when unknown.
  public var serverVersion: Int { Int(PQserverVersion(handle)) }
  /// The backend that libpq was told of; behind a pooler not the one that answers.
  public var backendPID: Int32 { PQbackendPID(handle) }
  public func parameterStatus(_ name: String) -> String? { text(PQparameterStatus(handle, name)) }

  /// Runs one statement in a transaction of its own.
  public func query(
    _ statement: Statement, deadline: Deadline
  ) throws(PostgresError) -> QueryResult {
    try run([statement], deadline: deadline)[0]
  }

  /// Runs statements in one round trip: sent together, in one implicit transaction unless they
  /// begin one. The first that fails ends the rest and is the error.
  /// - Parameter stream: takes the rows of one of them as they arrive, so that they are read while
  ///   the server still works.
  /// - Returns: one result for each statement, in order; a streamed one's has no rows left.
  public func run(
    _ statements: [Statement], deadline: Deadline, streaming stream: RowStream? = nil
  ) throws(PostgresError) -> [QueryResult] {
    guard let first = statements.first?.name, let last = statements.last?.name else { return [] }
    guard PQenterPipelineMode(handle) == 1 else { throw currentError(first) }
    guard PQsetnonblocking(handle, 1) == 0 else { throw currentError(first) }
    let steps = steps(of: statements)
    for step in steps { try send(step) }
    guard PQpipelineSync(handle) == 1 else { throw currentError(last) }

    var results: [QueryResult] = []
    var failure: PostgresError?
    for step in steps {
      let name = step.statement.name
      let take = step.isExecution && name == stream?.statement ? stream?.take : nil
      do throws(PostgresError) {
        guard let result = try receive(name, deadline: deadline, rows: take) else { continue }
        if step.isExecution { results.append(result) } else { kept.insert(name) }
      } catch {
        // Only an error answer leaves the connection in step; after any other there is no more
        // to be read. What follows the first error is its echo.
        guard case .queryFailed = error else { throw failure ?? error }
        failure = failure ?? error
      }
    }
    do throws(PostgresError) {
      try receiveSync(last, deadline: deadline)
    } catch {
      throw failure ?? error
    }
    if let failure { throw failure }
    guard PQexitPipelineMode(handle) == 1 else { throw currentError(last) }
    return results
  }

  /// Waits for `duration` without a word to the server; ends early where the connection is lost
  /// or the caller is interrupted.
  public func pause(_ duration: Duration, deadline: Deadline) throws(PostgresError) {
    let end = min(Deadline(after: duration), deadline)
    switch Readiness.reading.wait(on: PQsocket(handle), until: end, or: interruption) {
    case .ready:
      // Nothing is expected: it is a notice, or the end, which the next query finds out.
      _ = PQconsumeInput(handle)
    case .deadlinePassed: break
    case .interrupted: throw .interrupted
    }
  }

  // MARK: - Sending and receiving

  /// What is sent for a statement: a kept one is prepared before it runs for the first time.
  private struct Step {
    var statement: Statement
    var isExecution: Bool
  }

  private func steps(of statements: [Statement]) -> [Step] {
    var known = kept
    return statements.flatMap { statement in
      let isNew = statement.isKept && known.insert(statement.name).inserted
      return (isNew ? [false, true] : [true]).map { Step(statement: statement, isExecution: $0) }
    }
  }

  private func send(_ step: Step) throws(PostgresError) {
    let statement = step.statement
    let count = Int32(statement.parameters.count)
    let types = statement.parameters.map { Oid($0.type) }
    guard step.isExecution else {
      guard PQsendPrepare(handle, statement.name, statement.sql, count, types) == 1 else {
        throw currentError(statement.name)
      }
      return
    }
    // All values in one buffer, so that their addresses hold while libpq copies them.
    var buffer: [UInt8] = []
    var ranges: [Range<Int>?] = []
    for parameter in statement.parameters {
      guard let bytes = parameter.bytes else {
        ranges.append(nil)
        continue
      }
      ranges.append(buffer.count..<(buffer.count + bytes.count))
      buffer += bytes
    }
    buffer.append(0)  // never empty, so that an empty text has an address and is no NULL
    let lengths = ranges.map { Int32($0?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: ranges.count)
    let sent = buffer.withUnsafeBytes { bytes in
      let start = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
      let values = ranges.map { range in range.map { start + $0.lowerBound } }
      return statement.isKept
        ? PQsendQueryPrepared(handle, statement.name, count, values, lengths, formats, 1)
        : PQsendQueryParams(handle, statement.sql, count, types, values, lengths, formats, 1)
    }
    guard sent == 1 else { throw currentError(statement.name) }
  }

  /// The one result of a statement, nil where an earlier statement's error has cancelled it.
  private func receive(
    _ query: String, deadline: Deadline, rows take: RowStream.Take?
  ) throws(PostgresError) -> QueryResult? {
    // Where libpq can't (it never should), all rows come in the last result, and none is lost.
    if take != nil { _ = PQsetSingleRowMode(handle) }
    var first: Result<QueryResult?, PostgresError>?
    while let result = try nextResult(query, deadline: deadline) {
      if let take, PQresultStatus(result) == PGRES_SINGLE_TUPLE {
        try take(QueryResult(owning: result, query: query))
        continue
      }
      // A terminated session yields two errors, 57P01 and then a closed connection without a
      // state; the first one tells.
      guard first == nil else {
        PQclear(result)
        if PQstatus(handle) == CONNECTION_BAD { break }
        continue
      }
      guard !Self.startsCopy(result) else {
        PQclear(result)
        throw .unexpectedResult("starts a COPY", query: query)
      }
      first = self.outcome(of: result, query: query)
      if PQstatus(handle) == CONNECTION_BAD { break }
    }
    switch first {
    case .success(let result)?:
      if let take, let result, result.rowCount > 0 { try take(result) }
      return result
    case .failure(.queryFailed(let message, let query))?
    where PQstatus(handle) == CONNECTION_BAD || message.endsSession:
      throw .connectionLost(message, query: query)
    case .failure(let error)?: throw error
    case nil: throw currentError(query)
    }
  }

  /// No statement of ours copies, and PQgetResult would say so again for ever.
  private static func startsCopy(_ result: OpaquePointer) -> Bool {
    let status = PQresultStatus(result)
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH
  }

  private func receiveSync(_ query: String, deadline: Deadline) throws(PostgresError) {
    guard let result = try nextResult(query, deadline: deadline) else { throw currentError(query) }
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_PIPELINE_SYNC else { throw currentError(query) }
  }

  private func outcome(
    of result: OpaquePointer, query: String
  ) -> Result<QueryResult?, PostgresError> {
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
      return .success(QueryResult(owning: result, query: query))
    case PGRES_PIPELINE_ABORTED:
      PQclear(result)
      return .success(nil)
    default:
      defer { PQclear(result) }
      return .failure(.queryFailed(message(of: result), query: query))
    }
  }

  private func nextResult(
    _ query: String, deadline: Deadline
  ) throws(PostgresError) -> OpaquePointer? {
    while true {
      let unsent = PQflush(handle)
      if unsent < 0 { throw currentError(query) }
      if unsent == 0 && PQisBusy(handle) == 0 { return PQgetResult(handle) }
      // What nobody asked for must not pile up. The wait asks the clock first, so that a peer who
      // always has something to say does not outlast the deadline.
      while let notification = PQnotifies(handle) { PQfreemem(notification) }
      let readiness: Readiness = unsent > 0 ? [.reading, .writing] : .reading
      switch readiness.wait(on: PQsocket(handle), until: deadline, or: interruption) {
      case .ready:
        // On failure what has arrived (57P01) is still to be read by PQgetResult.
        if PQconsumeInput(handle) == 0 { return PQgetResult(handle) }
      case .deadlinePassed:
        cancelAndForget()
        throw .timedOut(during: .query(query), after: deadline.granted)
      case .interrupted:
        cancelAndForget()
        throw .interrupted
      }
    }
  }

  /// Asks the server to cancel the running query, on a thread of its own because PQcancel has no
  /// deadline, and waits for that only briefly. The connection is of no further use.
  private func cancelAndForget() {
    guard let canceller = canceller(), let done = try? Pipe() else { return }
    let writer = done.writer
    let isStarted = detachThread {
      _ = canceller.cancel()
      writer.close()
    }
    guard isStarted else { return }
    _ = done.reader.wait(until: Deadline(after: .milliseconds(200)), or: nil)
  }

  /// What another thread needs to cancel the query that runs here.
  public func canceller() -> Canceller? { PQgetCancel(handle).map(Canceller.init(owning:)) }

  private func currentError(_ query: String) -> PostgresError {
    let said = text(PQerrorMessage(handle), atMost: Self.longestField)?.trimmed()
    return .connectionLost(
      ServerMessage(
        sqlState: nil,
        message: Password(of: handle).masked(in: said ?? "the connection is gone")),
      query: query)
  }

  /// Bytes that are read of each text in an error, more than anybody is shown.
  private static let longestField = 100_000

  private func message(of result: OpaquePointer) -> ServerMessage {
    func field(_ code: some BinaryInteger) -> String? {
      text(PQresultErrorField(result, Int32(code)), atMost: Self.longestField)?.trimmed()
    }
    var message = ServerMessage(
      sqlState: field(PGSESSIONS_DIAG_SQLSTATE).flatMap { SQLState($0) },
      message: field(PGSESSIONS_DIAG_MESSAGE_PRIMARY)
        ?? text(PQresultErrorMessage(result), atMost: Self.longestField)?.trimmed()
        ?? "unknown error",
      detail: field(PGSESSIONS_DIAG_MESSAGE_DETAIL),
      hint: field(PGSESSIONS_DIAG_MESSAGE_HINT),
      sourceFunction: field(PGSESSIONS_DIAG_SOURCE_FUNCTION))
    message.mapTexts(Password(of: handle).masked)
    return message
  }
}

/// Who takes the rows of one statement of a run, a few at a time.
public struct RowStream {
  public typealias Take = (QueryResult) throws(PostgresError) -> Void

  /// The name of the statement among those that are run together.
  let statement: String
  let take: Take

  public init(statement: String, take: @escaping Take) {
    self.statement = statement
    self.take = take
  }
}

/// Cancels the query that runs on a connection; may be used from any thread, repeatedly.
public final class Canceller: @unchecked Sendable {
  // Never changed after PQgetCancel; libpq documents PQcancel on it as thread-safe.
  private let pointer: OpaquePointer

  init(owning cancel: OpaquePointer) { pointer = cancel }

  deinit { PQfreeCancel(pointer) }

  /// Sends the request, blocking until the server has taken it.
  /// - Returns: whether it was sent; the query may still have ended by itself.
  public func cancel() -> Bool {
    var buffer = [CChar](repeating: 0, count: 256)
    return PQcancel(pointer, &buffer, Int32(buffer.count)) == 1
  }
}

extension ServerMessage {
  /// Whether the server closes the session with this message: terminated, shut down, crashed, or
  /// beyond a timeout (class 57P; 25P03 and 25P04 for those of transactions).
  var endsSession: Bool {
    guard let code = sqlState?.code else { return false }
    return code.hasPrefix("57P") || code == "25P03" || code == "25P04"
  }
}

func text(_ pointer: UnsafePointer<CChar>?) -> String? {
  guard let pointer, pointer.pointee != 0 else { return nil }
  return String(cString: pointer)
}

/// As `text`, but for the bytes beyond a limit.
private func text(_ pointer: UnsafePointer<CChar>?, atMost limit: Int) -> String? {
  guard let pointer, pointer.pointee != 0 else { return nil }
  var count = 0
  while count < limit && pointer[count] != 0 { count += 1 }
  let bytes = UnsafeRawBufferPointer(start: pointer, count: count)
  return String(decoding: bytes, as: UTF8.self)
}

extension String {
  func trimmed() -> String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text.drop(while: \.isWhitespace))
  }
}
