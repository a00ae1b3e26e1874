-- As before 16, but CREATEROLE counts only with the ADMIN option on the role.
SELECT
  r.oid,
  r.rolname,
  r.rolsuper,
  r.rolconnlimit,
  own.rolsuper OR own.oid = r.oid OR administers AS may_set,
  own.rolsuper OR administers AS may_limit
FROM pg_catalog.pg_roles AS r
CROSS JOIN pg_catalog.pg_roles AS own
CROSS JOIN LATERAL (
  SELECT own.rolcreaterole AND NOT r.rolsuper
    AND pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') AS administers
) AS rights
WHERE own.rolname = current_user
  AND (r.oid = own.oid OR r.oid IN (SELECT usesysid FROM pg_catalog.pg_stat_get_activity(NULL)))
