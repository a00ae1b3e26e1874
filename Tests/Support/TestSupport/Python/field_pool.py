"""A process with a psycopg_pool, as applications have it, without transactions around its queries:
says its pids, and obeys until stdin ends.

usage: field_pool.py CONNINFO SIZE

burst          every connection answers one query, at the same time
use            one connection answers one query
work SECONDS   from now on one query each so many seconds, until rest
start SQL      begins it, in a thread of its own
Each is answered with a line."""

import sys
import threading

import psycopg_pool

conninfo, size = sys.argv[1], int(sys.argv[2])
pool = psycopg_pool.ConnectionPool(
    conninfo, min_size=size, max_size=size, open=False, kwargs={"autocommit": True}
)
pool.open(wait=True, timeout=20)
resting = threading.Event()


def use():
    with pool.connection() as connection:
        connection.execute("SELECT 1")


def burst():
    taken = [pool.getconn() for _ in range(size)]
    pids = []
    for connection in taken:
        pids.append(connection.execute("SELECT pg_backend_pid()").fetchone()[0])
        pool.putconn(connection)
    return pids


def work(seconds):
    while not resting.wait(seconds):
        use()


def run(sql):
    try:
        with pool.connection() as connection:
            connection.execute(sql)
    except Exception as problem:  # its host is gone, as is to be
        print(problem, file=sys.stderr)


def answer(line):
    word, _, rest = line.strip().partition(" ")
    match word:
        case "burst":
            return " ".join(str(pid) for pid in burst())
        case "use":
            use()
        case "work":
            resting.clear()
            threading.Thread(target=work, args=[float(rest)], daemon=True).start()
        case "rest":
            resting.set()
        case "start":
            threading.Thread(target=run, args=[rest], daemon=True).start()
        case _:
            sys.exit(f"no command {word}")
    return "done"


print(" ".join(str(pid) for pid in burst()), flush=True)
for line in sys.stdin:
    print(answer(line), flush=True)
