-- Ends one session if it is still exactly as it was judged. One row, or none if the pid is gone.
-- hidden: this role may no longer see the session, so nothing can be said of it.
-- $1 pid, $2 backend_start, $3 state, $4 state_change
-- pg_stat_get_activity(pid) reads that one entry now; the view would build the whole picture.
SELECT
  entry.hidden,
  entry.same_session,
  entry.unchanged,
  CASE WHEN entry.unchanged THEN pg_catalog.pg_terminate_backend(entry.pid) END AS signalled,
  entry.state
FROM (
  SELECT
    pid,
    state,
    backend_start IS NULL AS hidden,
    backend_start IS NOT DISTINCT FROM $2 AS same_session,
    backend_start IS NOT DISTINCT FROM $2
      AND state IS NOT DISTINCT FROM $3
      AND state_change IS NOT DISTINCT FROM $4 AS unchanged
  FROM pg_catalog.pg_stat_get_activity($1)
) AS entry
