-- Databases with a limit, and invalid ones: -1 means no limit, and -2 marks a database whose dropping
-- was interrupted (DATCONNLIMIT_INVALID_DB), to which nobody can connect.
SELECT oid, datname, datconnlimit
FROM pg_catalog.pg_database
WHERE datconnlimit >= 0
  OR datconnlimit = -2
