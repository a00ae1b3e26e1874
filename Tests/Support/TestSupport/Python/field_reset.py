"""Connections of psycopg2, which psycopg2's own reset leaves with DISCARD ALL: says their pids, and
obeys until stdin ends.

usage: field_reset.py CONNINFO COUNT

reset   each answers a query and is reset, as pools of psycopg2 do when one is given back
use     the first answers a query
Each is answered with a line."""

import sys

import psycopg2

conninfo, count = sys.argv[1], int(sys.argv[2])
connections = [psycopg2.connect(conninfo) for _ in range(count)]


def use(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")


print(" ".join(str(connection.info.backend_pid) for connection in connections), flush=True)
for line in sys.stdin:
    match line.strip():
        case "reset":
            for connection in connections:
                use(connection)
                connection.reset()
        case "use":
            use(connections[0])
        case word:
            sys.exit(f"no command {word}")
    print("done", flush=True)
