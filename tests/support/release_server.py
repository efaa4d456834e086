#!/usr/bin/env python3
"""A loopback web server that publishes releases as projects do, for tests.

    release_server.py DIRECTORY

Prints its port, serves until its standard input ends, and writes what it was asked for to DIRECTORY/asked. FILE lies in DIRECTORY:

    /files/FILE                     the file, or 404
    /index/apache, /index/nginx     listings of DIRECTORY as these servers make them
    /index/none                     a page that lists nothing
    /index/endless                  a page that does not end
    /repos/OWNER/NAME/tags?page=N   GitHub's answer, two tags a page, made of the lines of DIRECTORY/tags
    /repos/deep/NAME/tags           JSON of great depth
    /repos/away/NAME/tags           a next page on another server
    /stall/FILE                     half of the file, and then nothing
"""
import html
import http.server
import json
import os
import sys
import time
import urllib.parse

from serve import serve

DIRECTORY = sys.argv[1]
PAGE = 2


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        with open(os.path.join(DIRECTORY, "asked"), "a", encoding="utf-8") as file:
            file.write(self.path + "\n")

    def answer(self, body, kind="text/html", status=200, headers=(), claim=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(claim or len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def index(self, kind):
        names = [html.escape(name) for name in sorted(os.listdir(DIRECTORY))]
        if kind == "apache":
            rows = "".join(f'<tr><td><a href="{name}">{name[:12]}..&gt;</a></td></tr>\n' for name in names)
            page = f'<table><tr><th><a href="?C=N;O=D">Name</a></th></tr>\n{rows}</table>'
        elif kind == "nginx":
            rows = "".join(f'<a href="{name}">{name}</a>   01-Jan-2026 10:00   123\n' for name in names)
            page = f'<pre><a href="../">../</a>\n{rows}</pre>'
        else:
            page = "Please log in."
        self.answer(f"<html><body>{page}</body></html>".encode())

    def tags(self, address):
        with open(os.path.join(DIRECTORY, "tags"), encoding="utf-8") as file:
            tags = file.read().split()
        page = int(urllib.parse.parse_qs(address.query).get("page", ["1"])[0])
        mine = tags[(page - 1) * PAGE : page * PAGE]
        headers = []
        if page * PAGE < len(tags):
            headers = [("Link", f'<{address.path}?per_page=100&page={page + 1}>; rel="next"')]
        self.answer(json.dumps([{"name": tag} for tag in mine]).encode(), "application/json", headers=headers)

    def do_GET(self):
        address = urllib.parse.urlparse(self.path)
        first, _, rest = address.path.lstrip("/").partition("/")
        path = os.path.join(DIRECTORY, rest)
        if address.path == "/index/endless":
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(b'<a href="x">' * 10000)
            except OSError:
                pass
        elif first == "index":
            self.index(rest)
        elif first == "repos" and rest.startswith("deep/"):
            self.answer(b"[" * 100000, "application/json")
        elif first == "repos" and rest.startswith("away/"):
            self.answer(b"[]", "application/json", headers=[("Link", '<http://127.0.0.2:1/tags>; rel="next"')])
        elif first == "repos":
            self.tags(address)
        elif first in ("files", "stall") and os.path.isfile(path):
            with open(path, "rb") as file:
                data = file.read()
            if first == "files":
                self.answer(data, "application/octet-stream")
            else:
                self.answer(data[: len(data) // 2], "application/octet-stream", claim=len(data))
                self.wfile.flush()
                time.sleep(3600)
        else:
            self.answer(b"not found", status=404)


serve(Handler)
