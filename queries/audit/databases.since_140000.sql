-- Databases with a limit. -1 means none; -2 marks a database whose dropping was interrupted.
SELECT datname, datconnlimit
FROM pg_catalog.pg_database
WHERE datconnlimit >= 0
