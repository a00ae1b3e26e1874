-- The roles that matter: superusers (their sessions are never ours to end), those with a limit, and
-- those whose privileges this role has. A superuser has all privileges; its list stays short.
SELECT
  oid,
  rolname,
  rolsuper,
  rolconnlimit,
  pg_has_role(oid, 'USAGE') AS usable
FROM pg_catalog.pg_roles
WHERE rolsuper
  OR rolconnlimit >= 0
  OR (NOT current_setting('is_superuser')::bool AND pg_has_role(oid, 'USAGE'))
