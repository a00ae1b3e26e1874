-- What sessions hold that ending them would lose or free: one row for each kind of thing.
-- is_sure: false where it may hold it, and nobody can tell; schemas: how many such things there are.
-- $1: the pids of those that matter.
-- The views of progress, not the function behind them: 19 no longer knows CLUSTER by that name.
SELECT pid, 'advisory_lock' AS holding, true AS is_sure, NULL::int8 AS schemas
FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND pid = ANY ($1::int4[])
UNION ALL
-- A session's temporary objects lie in pg_temp_N of its database, N being its backend's number.
-- The schema outlives the session and serves the next one of that number, so that only what is in
-- it counts, found as the server finds it when a session ends: by what depends on the schema.
-- On a standby there are none: what its catalogues show are those of the primary's sessions.
SELECT backend.pid, 'temporary_tables', true, NULL
FROM (
  SELECT
    number,
    pg_stat_get_backend_pid(number) AS pid,
    pg_stat_get_backend_dbid(number) AS database_id
  FROM pg_stat_get_backend_idset() AS number
) AS backend
JOIN pg_catalog.pg_namespace AS schema ON schema.nspname = 'pg_temp_' || backend.number
WHERE NOT pg_is_in_recovery()
  AND backend.pid = ANY ($1)
  AND backend.database_id = (
    SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()
  )
  AND EXISTS (
    SELECT FROM pg_catalog.pg_depend
    WHERE refclassid = 'pg_catalog.pg_namespace'::regclass AND refobjid = schema.oid
  )
UNION ALL
SELECT active_pid, 'replication_slot', true, NULL
FROM pg_catalog.pg_replication_slots
WHERE active_pid = ANY ($1)
UNION ALL
SELECT pid, 'progress', true, NULL
FROM (
  SELECT pid FROM pg_catalog.pg_stat_progress_copy
  UNION ALL
  SELECT pid FROM pg_catalog.pg_stat_progress_vacuum
  UNION ALL
  SELECT pid FROM pg_catalog.pg_stat_progress_analyze
  UNION ALL
  SELECT pid FROM pg_catalog.pg_stat_progress_cluster
  UNION ALL
  SELECT pid FROM pg_catalog.pg_stat_progress_create_index
  UNION ALL
  SELECT pid FROM pg_catalog.pg_stat_progress_basebackup
) AS working
WHERE pid = ANY ($1)
