"""Runs a handler of requests as the test servers here do."""

import http.server
import os
import sys
import threading


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that go away in the middle are part of the tests."""


def serve(handler):
    """Serves on a free port of loopback, which is printed, until standard input ends."""
    server = Server(("127.0.0.1", 0), handler)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)
