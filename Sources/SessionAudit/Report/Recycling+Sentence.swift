/// What connections that stay open say, for reports and for advice.
extension Recycling {
  /// A clause: how many are open beyond the max age, and what shows that they should not be.
  package var notClosed: String {
    let isOne = openBeyondMaxAge == 1
    let used =
      openUsedAtAge == .zero
      ? "never used"
      : isUsedOnlyAtFirst
        ? "\(isOne ? "" : "each ")used only in its first \(DurationText.brief(openUsedAtAge.roundedUp))"
        : (isOne ? "not used after an age of " : "none used after an age of ")
          + DurationText.brief(openUsedAtAge.roundedUp)
    let why =
      closesItself
      ? "though \(isOne ? "its" : "their") pool lives and closes by itself what is not in use"
      : "though \(isOne ? "its" : "their") address asked on for "
        + "\(isOne ? "" : "up to ")\(DurationText.brief(askedOn)) more"
    return "max age \(DurationText.exact(maxAge)) is not kept: \(openBeyondMaxAge) "
      + "\(isOne ? "is" : "are") open beyond it, \(used), \(why)"
  }

  /// Sentences: what leaves connections open like this, and what helps.
  package var causeOfNotClosed: String {
    if closesItself {
      return "What such a pool does not close it has lent out: it was never given back, or is in "
        + "use all the time. HikariCP's leakDetectionThreshold names the place."
    }
    return isUsedOnlyAtFirst
      ? ConnectionLeak.cause
      : "Django closes a connection only when a request comes to the thread that has it: where none "
        + "comes any more it stays open. Fewer threads hold fewer; a pool closes by itself."
  }

  /// As by somebody who ends without closing: in the first twentieth of what was allowed.
  package var isUsedOnlyAtFirst: Bool { openUsedAtAge * 20 <= maxAge }
}

extension ConnectionLeak {
  /// Sentences: what leaves such connections behind, and what helps.
  package static let cause =
    "A thread, greenlet or flow that ends without closing its connection leaves it open. Django under "
    + "ASGI does so with the threads of its requests: set CONN_MAX_AGE to 0 there, or use a pool "
    + "(Django 5.1 and later, with psycopg: \"OPTIONS\": {\"pool\": True})."
}

extension Duration {
  /// To whole seconds.
  package var roundedUp: Duration {
    .seconds(components.seconds + (components.attoseconds > 0 ? 1 : 0))
  }
}
