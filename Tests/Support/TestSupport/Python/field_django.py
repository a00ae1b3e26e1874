"""A Django application behind a real server, as it runs in production, with its own requests: asks
itself as it is told, and ends with its stdin.

usage: field_django.py asgi|gthread CONN_MAX_AGE

asgi is daphne, gthread is gunicorn with one worker of four threads; CONN_MAX_AGE in seconds, or none.
The database is where PGHOST and its kin say, the name PGAPPNAME's.

ask N     N requests at a time, each with a query of a third of a second
Answered with a line once all are done."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request


def configure():
    from django.conf import settings
    from django.db import connection
    from django.http import HttpResponse
    from django.urls import path

    def query(request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        return HttpResponse("done")

    age = os.environ["FIELD_MAX_AGE"]
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=(path("query", query), path("ready", lambda request: HttpResponse("yes"))),
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": os.environ["PGDATABASE"],
                "USER": os.environ["PGUSER"],
                "HOST": os.environ["PGHOST"],
                "PORT": os.environ["PGPORT"],
                "CONN_MAX_AGE": None if age == "none" else int(age),
            }
        },
    )


def __getattr__(name):
    """What the servers load: field_django:wsgi, field_django:asgi."""
    import django

    if name not in ("asgi", "wsgi"):
        raise AttributeError(name)
    configure()
    django.setup(set_prefix=False)
    if name == "asgi":
        from django.core.handlers.asgi import ASGIHandler as Handler
    else:
        from django.core.handlers.wsgi import WSGIHandler as Handler
    globals()[name] = Handler()
    return globals()[name]


def end_with_parent():
    """However this process ends, its server goes with it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


def main():
    kind, age = sys.argv[1:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = {
        "asgi": ["daphne", "-b", "127.0.0.1", "-p", str(port), "field_django:asgi"],
        "gthread": [
            "gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "4",
            "--bind", f"127.0.0.1:{port}", "--no-control-socket", "field_django:wsgi",
        ],
    }[kind]
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.pathsep.join([here] + os.environ.get("PYTHONPATH", "").split(os.pathsep))
    server = subprocess.Popen(
        [sys.executable, "-m"] + command,
        env=dict(os.environ, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1", FIELD_MAX_AGE=age),
        stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True,
        preexec_fn=end_with_parent,
    )
    try:
        for _ in range(600):
            try:
                get(f"http://127.0.0.1:{port}/ready")
                break
            except OSError:
                if server.poll() is not None:
                    sys.exit(f"{command[0]} ended with {server.returncode}")
                time.sleep(0.05)
        print("ready", flush=True)
        for line in sys.stdin:
            count = int(line.split()[1])
            threads = [
                threading.Thread(target=get, args=[f"http://127.0.0.1:{port}/query"])
                for _ in range(count)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            print("done", flush=True)
    finally:
        os.killpg(server.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
