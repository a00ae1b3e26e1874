-- As on 16 and later, temporary tables aside: before 16 the number of a backend that
-- pg_stat_get_backend_idset() knows is not the N of its pg_temp_N once another has left. It is its
-- place among the backends there are, which stand by the true number. A backend that holds any lock
-- shows its true number in pg_locks, and ours always does: so the number of each other one lies
-- between two, and a schema can only be that of a session whose number may be the schema's.
-- Unless it surely is, its role, or one that it may SET ROLE to, must own something in it, and, where
-- the server keeps the times of commits, nothing in it may have been there before the session.
-- $1: the pids of those that matter.
WITH locked AS MATERIALIZED (
  -- What a SERIALIZABLE transaction has left behind may bear the pid of another.
  SELECT pid, min(split_part(virtualtransaction, '/', 1)::int4) AS number
  FROM pg_catalog.pg_locks
  WHERE pid IS NOT NULL AND mode <> 'SIReadLock' AND virtualtransaction !~ '^-'
  GROUP BY pid
),
backend AS MATERIALIZED (
  SELECT
    s.pid,
    s.datid,
    s.usesysid,
    s.backend_start,
    ordinality + coalesce(
      max(number - ordinality) OVER (ORDER BY ordinality), 0
    ) AS lowest,
    ordinality + min(number - ordinality) OVER (
      ORDER BY ordinality ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS highest
  -- All backends, asked for once the locks are known: whose pid was there before that is no other's
  -- now.
  FROM pg_catalog.pg_stat_get_activity(
    (SELECT nullif(count(*), count(*))::int4 FROM locked)
  ) WITH ORDINALITY AS s
  LEFT JOIN locked ON locked.pid = s.pid AND s.backend_start < now()
),
-- A schema outlives its session; only what is in it counts. On a standby there are none: what its
-- catalogues show are those of the primary's sessions.
owned AS MATERIALIZED (
  SELECT
    substr(schema.nspname::text, 9)::int8 AS number,
    coalesce(c.relowner, p.proowner, t.typowner) AS owner,
    min(
      CASE
        WHEN current_setting('track_commit_timestamp')::bool
        THEN pg_xact_commit_timestamp(d.xmin)
      END
    ) AS since
  FROM pg_catalog.pg_namespace AS schema
  JOIN pg_catalog.pg_depend AS d
    ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = schema.oid
  LEFT JOIN pg_catalog.pg_class AS c
    ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
  LEFT JOIN pg_catalog.pg_proc AS p
    ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
  LEFT JOIN pg_catalog.pg_type AS t
    ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
  WHERE schema.nspname::text ~ '^pg_temp_[0-9]{1,9}$' AND NOT pg_is_in_recovery()
  GROUP BY 1, 2
),
temporary AS MATERIALIZED (
  SELECT number, owner, min(since) OVER (PARTITION BY number) AS since FROM owned
),
-- Each pair of roles once: what is neither a table, a function nor a type has no owner here.
usable AS MATERIALIZED (
  SELECT role, owner
  FROM (
    SELECT DISTINCT usesysid AS role FROM backend
    WHERE usesysid IS NOT NULL AND pid = ANY ($1::int4[])
  ) AS a
  CROSS JOIN (SELECT DISTINCT owner FROM temporary) AS b
  WHERE owner IS NULL OR pg_has_role(role, owner, 'MEMBER')
),
holder AS MATERIALIZED (
  SELECT pid, number, lowest = highest AS is_sure
  FROM backend
  JOIN temporary
    ON number >= lowest AND (number <= highest OR highest IS NULL)
    AND (since >= backend_start) IS NOT FALSE
  WHERE pid = ANY ($1)
    AND datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND (
      lowest = highest
      OR EXISTS (
        SELECT FROM usable
        WHERE usable.role = usesysid AND usable.owner IS NOT DISTINCT FROM temporary.owner
      )
    )
)
SELECT pid, 'advisory_lock' AS holding, true AS is_sure, NULL::int8 AS schemas
FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND pid = ANY ($1)
UNION ALL
-- In how many schemas there is something of which nobody can tell whose it is.
SELECT
  pid,
  'temporary_tables',
  bool_or(is_sure) IS TRUE,
  (SELECT count(DISTINCT number) FROM holder WHERE is_sure IS NOT TRUE)
FROM holder
GROUP BY pid
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
