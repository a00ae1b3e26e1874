-- What else this role may do, and whose server it is: a role that a provider has made tells. Before
-- 16 CREATEROLE may grant any role that is no superuser.
SELECT
  own.rolsuper AS is_superuser,
  pg_has_role('pg_read_all_stats', 'USAGE') AS can_read_all_stats,
  pg_has_role('pg_signal_backend', 'USAGE') AS can_signal_backend,
  false AS can_use_reserved_connections,
  own.rolcreaterole OR own.rolsuper AS may_create_roles,
  own.rolcreaterole OR pg_has_role('pg_read_all_stats', 'MEMBER WITH ADMIN OPTION')
    AS may_grant_read,
  own.rolcreaterole OR pg_has_role('pg_monitor', 'MEMBER WITH ADMIN OPTION')
    AS may_grant_monitor,
  own.rolcreaterole OR pg_has_role('pg_signal_backend', 'MEMBER WITH ADMIN OPTION')
    AS may_grant_signal,
  NULL::bool AS may_grant_reserved,
  has_function_privilege('pg_reload_conf()', 'EXECUTE') AS may_reload,
  version() LIKE '%linux%' AS is_linux,
  (
    SELECT min(rolname::text)
    FROM pg_catalog.pg_roles
    WHERE rolname IN (
      'rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'supabase_admin', 'neon_superuser'
    )
  ) AS provider_role
FROM pg_catalog.pg_roles AS own
WHERE own.rolname = current_user
