"""A platform's API that knows one list: prints its port, and serves it over TLS until stdin ends.

usage: serve_list.py CERTIFICATE KEY HOST PATH TOKEN STATUS FILE

Whoever asks for something else gets 404, and without the token 401."""

import http.server
import ssl
import sys
import threading

certificate, key, host, path, token, status, file = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") != f"Bearer {token}":
            answer, body = 401, b'{"kind":"Status","message":"Unauthorized","code":401}'
        elif self.headers.get("Host") != host or self.path != path:
            answer, body = 404, b'{"kind":"Status","message":"not found","code":404}'
        else:
            with open(file, "rb") as list:
                answer, body = int(status), list.read()
        self.send_response(answer)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
