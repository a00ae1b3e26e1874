-- What keeps our own session from becoming a burden: a timeout for every statement and transaction,
-- and a server that notices when we vanish.
-- $1: local to the transaction (the only safe way through a transaction pooler)
-- $2: statement_timeout in milliseconds
-- Settings that this server does not have are left out; client_connection_check_interval is only
-- accepted where the server's system can tell (Linux always).
SELECT set_config(guard.name, guard.value, $1)
FROM (VALUES
  ('statement_timeout', $2::text),
  ('lock_timeout', $2::text),
  ('idle_in_transaction_session_timeout', '60s'),
  ('idle_session_timeout', '10min'),
  ('tcp_keepalives_idle', '15'),
  ('tcp_keepalives_interval', '5'),
  ('tcp_keepalives_count', '3'),
  ('client_connection_check_interval', '10s')
) AS guard (name, value)
WHERE current_setting(guard.name, true) IS NOT NULL
  AND (guard.name <> 'client_connection_check_interval' OR version() LIKE '%linux%')
