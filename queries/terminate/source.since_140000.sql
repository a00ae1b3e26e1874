-- All sessions of one name from one client address, whatever their user and database, whoever is
-- just being let in from there, who has no name yet (18), and those that had the name when they
-- were judged, whatever they call themselves now.
-- $1 application_name, $2 client address (NULL: none), $3 pids
-- looked_at is not after the picture that the rest comes from.
SELECT
  pid, backend_start, state, state_change, query_start,
  pg_catalog.statement_timestamp() AS looked_at
FROM pg_catalog.pg_stat_get_activity(NULL)
WHERE (
    client_addr IS NOT DISTINCT FROM $2::pg_catalog.inet
      AND (application_name = $1 OR state = 'starting')
    OR pid = ANY ($3)
  )
  AND pid <> pg_catalog.pg_backend_pid()
