-- All sessions of one name from one client address, whatever their user and database, whoever is
-- just being let in from there, who has no name yet (18), and those that were judged under that name,
-- whatever they call themselves now.
-- $1 application_name, $2 client address (NULL: none)
-- $3 pids of its sessions as they were judged
-- $4 a time not after the picture that was judged (NULL: not known)
-- Whole rows of all sessions cost ten times as much as the pid and one time of each. So only these
-- are looked at: the judged ones by their pids; whoever has begun a statement since, as whoever
-- takes the name must, or none so far; and all while the clock stands before $4.
-- looked_at is not after the picture that the rest comes from.
SELECT
  s.pid, s.backend_start, s.state, s.state_change, s.query_start,
  pg_catalog.statement_timestamp() AS looked_at
FROM pg_catalog.pg_stat_get_backend_idset() AS number
CROSS JOIN LATERAL pg_catalog.pg_stat_get_activity(
  pg_catalog.pg_stat_get_backend_pid(number)
) AS s
WHERE (
    pg_catalog.pg_stat_get_backend_pid(number) = ANY ($3)
    -- NULL: no statement so far, or this role may not see it.
    OR (pg_catalog.pg_stat_get_backend_activity_start(number) >= $4) IS NOT FALSE
    OR (SELECT pg_catalog.clock_timestamp() < $4)
  )
  AND (
    s.pid = ANY ($3)
    OR s.client_addr IS NOT DISTINCT FROM $2::pg_catalog.inet
      AND (s.application_name = $1 OR s.state = 'starting')
  )
  AND s.pid <> pg_catalog.pg_backend_pid()
