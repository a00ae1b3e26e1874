import SessionAudit

extension JSONWriter {
  mutating func tool(_ version: String) {
    object("tool") { json in
      json.value("name", "pgsessions")
      json.value("version", version)
    }
  }

  mutating func target(_ target: Target) {
    // PGPORT may say anything.
    let port = target.port.flatMap { UInt16($0) }
    object("target") { json in
      json.value("name", target.name)
      json.value("host", target.host)
      json.value("port", port == 0 ? nil : port)
      json.value("database", target.database)
      json.value("user", target.user)
      json.value("server_version", target.serverVersion)
      json.value("server_version_num", target.serverVersionNumber)
      json.value("in_recovery", target.inRecovery)
      json.value("postmaster_start_time", target.postmasterStartTime)
      json.value("pooled", target.pooled)
    }
  }

  mutating func coverage(_ coverage: Coverage?) {
    guard let coverage else { return null("coverage") }
    object("coverage") { json in
      json.value("total", coverage.total)
      json.value("visible", coverage.visible)
      json.value("hidden", coverage.hidden)
      json.value("complete", coverage.isComplete)
      json.value("reason", coverage.reason)
    }
  }

  mutating func slots(_ slots: Slots?) {
    guard let slots else { return null("slots") }
    object("slots") { json in
      json.value("max_connections", slots.maxConnections)
      json.value("superuser_reserved", slots.superuserReserved)
      json.value("reserved", slots.reserved)
      json.value("used", slots.used)
      json.value("used_exact", slots.usedExact)
      json.value("available", slots.binding.available)
      json.ratio("used_ratio", slots.binding.usedRatio)
      json.limit("binding_limit", slots.binding)
      json.limit("ordinary_limit", slots.ordinary)
      json.array("limits") { json in
        for limit in slots.limits { json.limit(nil, limit) }
      }
      json.strings("invalid_databases", slots.invalidDatabases)
    }
  }

  private mutating func limit(_ key: StaticString?, _ limit: Slots.Limit) {
    object(key) { json in
      json.value("kind", limit.kind.rawValue)
      json.value("name", limit.name)
      json.value("limit", limit.limit)
      json.value("used", limit.used)
      json.value("available", limit.available)
    }
  }

  mutating func totals(_ totals: Totals?) {
    guard let totals else { return null("totals") }
    object("totals") { json in
      json.value("client_sessions", totals.clientSessions)
      json.value("background", totals.background)
      json.value("live", totals.live)
      json.value("suspect", totals.suspect)
      json.value("orphan", totals.orphan)
      json.value("hidden", totals.hidden)
      json.value("opened_last_minute", totals.openedLastMinute)
      json.value("opened_last_5_minutes", totals.openedLast5Minutes)
    }
  }

  mutating func group(_ group: SessionGroup, of slots: Slots, policy: Policy) {
    object { json in
      json.object("key") { json in
        for (dimension, value) in zip(policy.groupBy, group.key) {
          json.value(dynamicKey: dimension.keyName, value)
        }
      }
      json.value("sessions", group.sessions)
      json.ratio("slots_share", group.share(of: slots))
      json.object("states") { json in
        for (state, count) in group.statesInReadingOrder {
          json.value(dynamicKey: state.name, count)
        }
      }
      json.array("state_age_buckets") { json in
        for (index, count) in group.bucketCounts.enumerated() {
          json.object { json in
            json.value("from_seconds", index == 0 ? .zero : policy.bucketBounds[index - 1])
            json.value(
              "to_seconds", index < policy.bucketBounds.count ? policy.bucketBounds[index] : nil)
            json.value("sessions", count)
          }
        }
      }
      json.value("unknown_age", group.unknownAge)
      json.value("oldest_state_age_seconds", group.oldestStateAge)
      json.value("oldest_session_age_seconds", group.oldestSessionAge)
      json.value("live", group.live)
      json.value("suspect", group.suspect)
      json.value("orphan", group.orphan)
      json.value("freed_by_ending_orphans", group.freedByEndingOrphans)
      json.value("hidden", group.hidden)
      json.value("opened_last_minute", group.openedLastMinute)
      json.array("clients") { json in
        for (address, count) in group.clientsByAddress {
          json.object { json in
            json.value("client_address", address)
            json.value("sessions", count)
          }
        }
      }
      json.recycling(group.recycling)
    }
  }

  private mutating func recycling(_ recycling: Recycling?) {
    guard let recycling else { return null("recycling") }
    object("recycling") { json in
      json.value("max_age_seconds", recycling.maxAge)
      json.value("verdict", recycling.verdict.rawValue)
      json.value("used_beyond_max_age", recycling.usedBeyondMaxAge)
      json.value("worst_used_at_age_seconds", recycling.worstUsedAtAge)
      json.value("open_beyond_max_age", recycling.openBeyondMaxAge)
      json.value("replaced_at_max_age", recycling.replacedAtMaxAge)
    }
  }

  /// - Parameter now: when the snapshot was taken.
  mutating func session(_ judged: JudgedSession, at now: Timestamp, showQuery: Bool) {
    object { json in
      json.sessionFields(judged, at: now)
      if showQuery { json.value("query", judged.session.query) }
    }
  }

  mutating func sessionFields(_ judged: JudgedSession, at now: Timestamp) {
    let (session, times) = (judged.session, judged.times)
    value("pid", session.pid)
    value("backend_start", session.backendStart)
    value("application_name", session.applicationName)
    value("user", session.user)
    value("database", session.database)
    value("client_address", session.clientAddress)
    value("client_port", session.clientPort)
    value("backend_type", session.backendType)
    value("leader_pid", session.leaderPID)
    value("state", session.state?.name)
    value("state_change", session.stateChange)
    value("query_start", session.queryStart)
    value("transaction_start", session.transactionStart)
    value("wait_event_type", session.waitEventType)
    value("wait_event", session.waitEvent)
    value("last_heard", times.lastHeard)
    value("state_age_seconds", times.stateAge)
    value("session_age_seconds", times.sessionAge)
    value("silent_seconds", times.silent)
    value("used_at_age_seconds", times.usedAtAge)
    value("last_command", session.lastCommand)
    value("discards_all", session.endsWithDiscardAll)
    holdings("holds", judged.holds)
    holdings("holds_unknown", judged.holdsUnknown)
    value("verdict", judged.verdict.rawValue)
    evidence(of: judged, at: now)
    array("protections") { json in
      for protection in judged.protections {
        json.kindAndDetail(protection.kind.rawValue, protection.detail)
      }
    }
  }

  mutating func holdings(_ key: StaticString, _ holds: Set<Holding>?) {
    // Not asked, or not to be known: not "nothing".
    guard let holds else { return null(key) }
    strings(key, Holding.inOrder(holds).map(\.rawValue))
  }

  /// - Parameter now: when the snapshot was taken.
  mutating func evidence(of judged: JudgedSession, at now: Timestamp) {
    array("evidence") { json in
      for evidence in judged.evidence {
        json.object { json in
          json.value("kind", evidence.kind.rawValue)
          json.value("basis", evidence.basis.rawValue)
          json.value("doubt", evidence.doubtWord)
          json.value("detail", evidence.sentence(about: judged.session, judged.times, at: now))
        }
      }
    }
  }

  mutating func reasons(_ key: StaticString, _ reasons: [Reason]) {
    array(key) { json in
      for reason in reasons { json.kindAndDetail(reason.kind, reason.detail) }
    }
  }

  private mutating func kindAndDetail(_ kind: String, _ detail: String) {
    object { json in
      json.value("kind", kind)
      json.value("detail", detail)
    }
  }

  mutating func blocking(_ blocking: [Blocker]?) {
    guard let blocking else { return null("blocking") }
    array("blocking") { json in
      for blocker in blocking {
        json.object { json in
          json.value("pid", blocker.pid)
          json.value("waiters", blocker.waiters)
          json.value("held_since", blocker.heldSince)
          json.value("application_name", blocker.applicationName)
        }
      }
    }
  }

  mutating func advice(_ advice: [Advice]) {
    array("advice") { json in
      for item in advice {
        json.object { json in
          json.value("code", item.code)
          json.value("severity", item.severity.rawValue)
          json.value("summary", item.summary)
          json.value("remedy", item.remedy)
        }
      }
    }
  }

  mutating func failure(_ failure: Failure?) {
    guard let failure else { return null("failure") }
    object("failure") { json in
      json.value("kind", failure.kind.rawValue)
      json.value("sqlstate", failure.sqlState)
      json.value("message", failure.message)
      if let limit = failure.limit {
        json.object("limit") { json in
          json.value("kind", limit.kind.rawValue)
          json.value("name", limit.name)
          json.value("value", limit.value)
        }
      } else {
        json.null("limit")
      }
      json.value("hint", failure.hint)
    }
  }
}
