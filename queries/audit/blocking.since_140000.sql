-- Who waits for whom: one row for each waiter and each session in its way, holders of the lock and
-- those before it in the queue alike. Blocker 0 is a prepared transaction.
-- $1: the pids of those that wait, at most 200. Each stops the lock manager for a moment.
-- The limit is for many waiters behind thousands of holders; what it cuts makes counts smaller and
-- names nobody wrongly.
SELECT waiter.pid, blocker.pid AS blocker
FROM unnest($1::int4[]) AS waiter (pid)
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiter.pid)) AS blocker (pid)
LIMIT 100000
