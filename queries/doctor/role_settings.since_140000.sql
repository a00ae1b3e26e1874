-- What ALTER ROLE and ALTER DATABASE have set for sessions that begin, as NAME=VALUE; 0 stands for
-- all roles or all databases. starts_with compares bytes: no other text function is safe with names
-- and values of a database in another encoding.
SELECT s.setrole, s.setdatabase, assignment
FROM pg_catalog.pg_db_role_setting AS s
CROSS JOIN LATERAL unnest(s.setconfig) AS assignment
WHERE starts_with(assignment, 'tcp_')
  OR starts_with(assignment, 'idle_')
  OR starts_with(assignment, 'client_connection_check_interval=')
  OR starts_with(assignment, 'transaction_timeout=')
  OR starts_with(assignment, 'track_activities=')
