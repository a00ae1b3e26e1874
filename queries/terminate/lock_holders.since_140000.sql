-- Who else holds the key of lock.sql, in whatever database of this server: advisory locks are
-- granted for each database by itself.
SELECT
  l.pid,
  d.datname,
  pg_catalog.pg_get_userbyid(s.usesysid) AS usename,
  s.backend_start
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_database AS d ON d.oid = l.database
LEFT JOIN pg_catalog.pg_stat_get_activity(NULL) AS s ON s.pid = l.pid
WHERE l.locktype = 'advisory'
  AND l.classid = 1885827941
  AND l.objid = 1936943471
  AND l.objsubid = 2
  AND l.granted
  AND l.pid <> pg_catalog.pg_backend_pid()
ORDER BY l.pid
