-- The connected database, and those with a limit or a mark (-2: dropping it was interrupted).
SELECT
  oid,
  datname,
  datconnlimit,
  pg_has_role(datdba, 'USAGE') AS may_alter
FROM pg_catalog.pg_database
WHERE datconnlimit <> -1 OR datname = current_database()
