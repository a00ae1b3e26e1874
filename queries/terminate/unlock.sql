-- See lock.sql.
SELECT pg_catalog.pg_advisory_unlock(1885827941, 1936943471) AS unlocked
