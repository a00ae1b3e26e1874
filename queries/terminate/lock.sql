-- One run at a time: the key says "pgsessio" in two numbers. A session's lock, and only for this
-- database: see lock_holders.sql.
SELECT pg_catalog.pg_try_advisory_lock(1885827941, 1936943471) AS locked
