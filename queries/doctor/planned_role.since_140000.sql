-- What the SQL for a new role depends on: whether it is there, and whether it takes a GRANT to
-- connect to this database. $1: the role's name.
SELECT
  EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1::text) AS role_exists,
  EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1 AND rolsuper) AS is_superuser,
  has_database_privilege('public', current_database(), 'CONNECT') AS anybody_may_connect
