-- Which of the signalled sessions are still there. $1: their pids; the caller compares
-- backend_start, because a pid may already be somebody else's.
SELECT pid, backend_start
FROM pg_catalog.pg_stat_get_activity(NULL)
WHERE pid = ANY ($1)
