-- As on 16 and later, temporary tables aside: before 16 the number of a backend that
-- pg_stat_get_backend_idset() knows is not the N of its pg_temp_N once another has left. So a
-- session is taken to hold temporary objects where its role, or one that it may SET ROLE to, owns
-- any in this database.
-- $1: the pids of those that matter.
SELECT pid, 'advisory_lock' AS holding
FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND pid = ANY ($1::int4[])
UNION ALL
-- A schema outlives its session; only what is in it counts. On a standby there are none: what its
-- catalogues show are those of the primary's sessions.
SELECT s.pid, 'temporary_tables'
FROM pg_catalog.pg_stat_get_activity(NULL) AS s
WHERE NOT pg_is_in_recovery()
  AND s.pid = ANY ($1)
  AND s.datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND EXISTS (
    SELECT
    FROM pg_catalog.pg_namespace AS schema
    JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = schema.oid
    LEFT JOIN pg_catalog.pg_class AS c
      ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
    LEFT JOIN pg_catalog.pg_proc AS p
      ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
    LEFT JOIN pg_catalog.pg_type AS t
      ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
    WHERE starts_with(schema.nspname::text, 'pg_temp_')
      AND pg_has_role(s.usesysid, coalesce(c.relowner, p.proowner, t.typowner), 'MEMBER')
  )
UNION ALL
SELECT active_pid, 'replication_slot'
FROM pg_catalog.pg_replication_slots
WHERE active_pid = ANY ($1)
UNION ALL
SELECT pid, 'progress'
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
