-- All sessions and processes, one row each. No text is touched on the server: a session in a
-- database of another encoding puts bytes into query that any string function would trip over.
SELECT
  pid,
  backend_start,
  application_name,
  usesysid,
  usename,
  datname,
  pg_catalog.host(client_addr) AS client_address,
  client_port,
  backend_type,
  leader_pid,
  state,
  state_change,
  query_start,
  xact_start,
  wait_event_type,
  wait_event,
  query
FROM pg_catalog.pg_stat_activity
