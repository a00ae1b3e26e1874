-- All sessions of one name from one client address, whatever their user and database, and whoever
-- is just being let in from there, who has no name yet (18).
-- $1 application_name, $2 client address (NULL: none)
SELECT pid, backend_start, state, state_change, query_start
FROM pg_catalog.pg_stat_get_activity(NULL)
WHERE client_addr IS NOT DISTINCT FROM $2::pg_catalog.inet
  AND (application_name = $1 OR state = 'starting')
  AND pid <> pg_catalog.pg_backend_pid()
