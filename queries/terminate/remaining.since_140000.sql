-- What some sessions do now: whether those that were signalled are still there, and whether a
-- cancelled query has ended. $1: their pids; the caller compares backend_start, because a pid may
-- already be somebody else's.
SELECT pid, backend_start, state, state_change, query_start
FROM pg_catalog.pg_stat_get_activity(NULL)
WHERE pid = ANY ($1)
