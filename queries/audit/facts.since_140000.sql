-- The server, its limits, and what this role may see and do. One row, from functions alone: a fresh
-- backend would pay for each catalog that it had to look into. Runs after the sessions are read, so
-- that captured_at is not before anything in them.
-- USAGE, not MEMBER: without INHERIT a member has none of the role's privileges.
SELECT
  clock_timestamp() AS captured_at,
  pg_backend_pid() AS backend_pid,
  current_user AS role_name,
  -- Another one where SET ROLE is in force; pg_stat_activity and limits go by it.
  session_user AS login_name,
  current_database() AS database_name,
  current_setting('server_version') AS server_version,
  current_setting('server_version_num')::int AS server_version_num,
  pg_is_in_recovery() AS in_recovery,
  pg_postmaster_start_time() AS postmaster_start_time,
  current_setting('max_connections')::int AS max_connections,
  current_setting('superuser_reserved_connections')::int AS superuser_reserved_connections,
  coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved_connections,
  current_setting('is_superuser')::bool AS is_superuser,
  pg_has_role('pg_read_all_stats', 'USAGE') AS can_read_all_stats,
  pg_has_role('pg_signal_backend', 'USAGE') AS can_signal_backend,
  -- Some take it from PUBLIC.
  has_table_privilege('pg_catalog.pg_db_role_setting', 'SELECT')
    AND has_table_privilege('pg_catalog.pg_settings', 'SELECT') AS can_read_settings,
  -- Of the role that logs in, since slots are given before any SET ROLE. NULL before 16, which has
  -- no such role.
  coalesce(
    pg_has_role(session_user, to_regrole('pg_use_reserved_connections')::oid, 'USAGE'), false
  ) AS can_use_reserved_connections
