/// What a run of `terminate` writes down as it goes.
public enum TerminationEvent: Sendable {
  /// The run has a plan and is about to carry it out.
  case begin(TerminationReport)
  /// A signal is about to be sent to a session that was judged by a snapshot of that moment.
  case intent(Victim, TerminationSignal, judgedAt: Timestamp)
  /// What became of a victim.
  case outcome(TerminationOutcome)
  /// All is done that will be done; outcomes and failure are in the report.
  case end(TerminationReport)
}

/// What is sent to a session.
public enum TerminationSignal: String, Sendable, CaseIterable {
  /// `pg_terminate_backend`: the session ends.
  case terminate
  /// `pg_cancel_backend`: its query ends, the session stays.
  case cancel
}
