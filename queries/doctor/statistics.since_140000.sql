-- How the sessions of the connected database have ended since its statistics began. Any role may
-- read them. Clients that vanished count when the server has noticed.
SELECT sessions, sessions_abandoned, sessions_fatal, sessions_killed, stats_reset
FROM pg_catalog.pg_stat_database
WHERE datname = current_database()
