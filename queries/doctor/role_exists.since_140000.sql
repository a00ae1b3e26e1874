-- Whether a role of this name is there. $1: the name.
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1::text) AS role_exists
