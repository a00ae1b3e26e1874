"""A client that pings with a bare Sync, as Postgrex and Npgsql do: says its pid, and obeys until stdin ends.

usage: field_ping.py HOST PORT USER DATABASE APPLICATION

query SQL      a simple query, to its end
ping SECONDS   from now on a Sync each so many seconds, until rest
Each is answered with a line. It speaks the protocol itself and needs trust authentication."""

import socket
import struct
import sys
import threading

host, port, user, database, application = sys.argv[1:]
server = socket.create_connection((host, int(port)))
server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
stream = server.makefile("rb")
turn = threading.Lock()
resting = threading.Event()


def send(kind, body=b""):
    server.sendall(kind + struct.pack("!i", len(body) + 4) + body)


def until_ready():
    """What came up to ReadyForQuery, by kind."""
    found = {}
    while True:
        kind, length = struct.unpack("!ci", stream.read(5))
        found[kind] = stream.read(length - 4)
        if kind == b"E":
            sys.exit(found[kind].replace(b"\0", b" ").decode())
        if kind == b"Z":
            return found


def exchange(kind, body=b""):
    with turn:
        send(kind, body)
        return until_ready()


def ping(seconds):
    while not resting.wait(seconds):
        exchange(b"S")


def answer(line):
    word, _, rest = line.strip().partition(" ")
    match word:
        case "query":
            exchange(b"Q", rest.encode() + b"\0")
        case "ping":
            resting.clear()
            threading.Thread(target=ping, args=[float(rest)], daemon=True).start()
        case "rest":
            resting.set()
        case _:
            sys.exit(f"no command {word}")
    return "done"


parameters = {"user": user, "database": database, "application_name": application}
words = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
send(b"", struct.pack("!i", 196608) + words + b"\0")
print(struct.unpack("!ii", until_ready()[b"K"])[0], flush=True)
for line in sys.stdin:
    print(answer(line), flush=True)
