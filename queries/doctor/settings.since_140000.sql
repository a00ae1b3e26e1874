-- The settings that decide how long a session lives and how many there may be, as they hold for this
-- session, before it has set any itself. Those that this server does not have are left out.
-- Over TCP the keepalives that are 0 show what the system has; over a unix socket they show 0.
SELECT
  name,
  setting,
  reset_val,
  source,
  -- Before 15 nobody else may ALTER SYSTEM.
  current_setting('is_superuser')::bool AS may_alter_system
FROM pg_catalog.pg_settings
WHERE name IN (
  'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout',
  'client_connection_check_interval', 'idle_session_timeout',
  'idle_in_transaction_session_timeout', 'transaction_timeout', 'max_connections',
  'superuser_reserved_connections', 'reserved_connections', 'track_activities',
  'allow_alter_system'
)
