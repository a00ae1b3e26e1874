-- The roles that have sessions, and our own: their limits, and whether we may alter them. Before 16
-- CREATEROLE is enough for all roles but superusers, and those with REPLICATION for attributes.
SELECT
  r.oid,
  r.rolname,
  r.rolsuper,
  r.rolconnlimit,
  own.rolsuper OR own.oid = r.oid OR (own.rolcreaterole AND NOT r.rolsuper) AS may_set,
  own.rolsuper OR (own.rolcreaterole AND NOT r.rolsuper AND NOT r.rolreplication) AS may_limit
FROM pg_catalog.pg_roles AS r
CROSS JOIN pg_catalog.pg_roles AS own
WHERE own.rolname = current_user
  AND (r.oid = own.oid OR r.oid IN (SELECT usesysid FROM pg_catalog.pg_stat_get_activity(NULL)))
