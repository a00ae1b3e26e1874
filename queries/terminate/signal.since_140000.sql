-- Ends one session, or cancels its query, if it is still exactly as it was judged, on the server
-- that it was judged on. One row.
-- hidden: this role may no longer see the session, so nothing can be said of it.
-- $1 pid, $2 backend_start, $3 state, $4 state_change
-- $5 postmaster start time, $6 in recovery: after a failover another server may answer
-- $7 cancel only
-- $8 the latest moment, NULL for any: after it the evidence has to be looked at again, however long
-- it was before this statement got here
-- pg_stat_get_activity(pid) reads that one entry now; the view would build the whole picture.
SELECT
  server.is_same AS same_server,
  server.in_time,
  entry.pid IS NOT NULL AS present,
  entry.backend_start IS NULL AS hidden,
  coalesce(entry.same_session, false) AS same_session,
  coalesce(entry.unchanged, false) AS unchanged,
  CASE WHEN server.is_same AND server.in_time AND entry.unchanged THEN
    CASE WHEN $7 THEN pg_catalog.pg_cancel_backend(entry.pid)
    ELSE pg_catalog.pg_terminate_backend(entry.pid) END
  END AS signalled,
  entry.state
FROM (
  SELECT
    pg_catalog.pg_postmaster_start_time() IS NOT DISTINCT FROM $5
      AND pg_catalog.pg_is_in_recovery() IS NOT DISTINCT FROM $6 AS is_same,
    coalesce(pg_catalog.clock_timestamp() <= $8, true) AS in_time
) AS server
LEFT JOIN (
  SELECT
    pid,
    state,
    backend_start,
    backend_start IS NOT DISTINCT FROM $2 AS same_session,
    backend_start IS NOT DISTINCT FROM $2
      AND state IS NOT DISTINCT FROM $3
      AND state_change IS NOT DISTINCT FROM $4 AS unchanged
  FROM pg_catalog.pg_stat_get_activity($1)
) AS entry ON true
