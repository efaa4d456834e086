#!/usr/bin/env python3
"""A loopback web server that can misbehave, for tests.

    http_server.py DIRECTORY LOG

Prints its port, serves until its standard input ends. The path chooses the behaviour, FILE lies in DIRECTORY:

    /ok/FILE            as a good server, with Range (206, and 416 past the end)
    /norange/FILE       ignores Range
    /nolength/FILE      does not say how long the file is; ignores Range
    /drop/N/FILE        good, but cuts each connection after N bytes
    /stall/N/FILE       good, but falls silent after N bytes
    /slow/N/FILE        good, but sends N bytes every tenth of a second
    /silent/FILE        never answers
    /wrong/FILE         other bytes of the same length
    /wrongrange/FILE    answers a Range with the first bytes of the file and says so
    /status/CODE/FILE   that status
    /past/N/FILE        good, but its clock is N seconds behind
    /flaky/N/FILE       503 for the first N requests, then good
    /redirect/FILE      to /ok/FILE
    /redirect-to-file   to a file: URL
    /huge/FILE          claims to be an exabyte
    /endless/FILE       does not say how long the file is, and never ends

It also publishes releases as projects do:

    /index/apache       a listing of DIRECTORY as this server makes it
    /index/nginx        the same
    /index/none         a page that lists nothing
    /repos/OWNER/NAME/tags?page=N   GitHub's answer, two tags a page, made of the lines of DIRECTORY/tags
    /repos/deep/NAME/tags           JSON of great depth
    /repos/away/NAME/tags           a next page on another server

LOG gets "begin PATH" when a request comes and "end PATH RANGE STATUS BYTES" when its last byte was sent.
"""
import email.utils
import html
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.parse

from serve import serve

DIRECTORY, LOG = sys.argv[1], sys.argv[2]
LOCK = threading.Lock()
FLAKY_SEEN = {}
NEVER = 3600
PAGE = 2


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def log(self, line):
        with LOCK, open(LOG, "a", encoding="utf-8") as log:
            log.write(line + "\n")

    def record(self, status, sent):
        self.log(f"end {self.path} {self.headers.get('Range', '-')} {status} {sent}")

    def answer(self, status, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", "0")
        self.end_headers()

    def refuse(self, status, headers=()):
        self.answer(status, headers)
        self.record(status, 0)

    def send_some(self, data, count=None, chunk=65536, pause=0.0):
        """Sends up to `count` bytes and returns how many went out."""
        sent = 0
        end = len(data) if count is None else min(count, len(data))
        try:
            while sent < end:
                sent += self.wfile.write(data[sent : min(sent + chunk, end)])
                self.wfile.flush()
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return sent

    def send_file(self, data, use_range=True, claim=None, **how):
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if use_range and asked:
            start = int(asked.group(1))
            if start >= len(data):
                self.refuse(416, [("Content-Range", f"bytes */{len(data)}")])
                return
        status = 206 if use_range and asked else 200
        headers = [("Content-Length", str(claim or len(data) - start))]
        if status == 206:
            headers.append(("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}"))
        self.answer(status, headers)
        self.record(status, self.send_some(data[start:], **how))

    def send_page(self, text, headers=()):
        data = text.encode()
        self.answer(200, [("Content-Length", str(len(data))), *headers])
        self.record(200, self.send_some(data))

    def send_index(self, kind):
        names = [html.escape(name) for name in sorted(os.listdir(DIRECTORY))]
        if kind == "apache":
            rows = "".join(f'<tr><td><a href="{name}">{name[:12]}..&gt;</a></td></tr>\n' for name in names)
            page = f'<table><tr><th><a href="?C=N;O=D">Name</a></th></tr>\n{rows}</table>'
        elif kind == "nginx":
            rows = "".join(f'<a href="{name}">{name}</a>   01-Jan-2026 10:00   123\n' for name in names)
            page = f'<pre><a href="../">../</a>\n{rows}</pre>'
        else:
            page = "Please log in."
        self.send_page(f"<html><body>{page}</body></html>")

    def send_tags(self, owner, address):
        if owner == "deep":
            self.send_page("[" * 100000)
        elif owner == "away":
            self.send_page("[]", [("Link", '<http://127.0.0.2:1/tags>; rel="next"')])
        else:
            with open(os.path.join(DIRECTORY, "tags"), encoding="utf-8") as file:
                tags = file.read().split()
            page = int(urllib.parse.parse_qs(address.query).get("page", ["1"])[0])
            following = [("Link", f'<{address.path}?per_page=100&page={page + 1}>; rel="next"')]
            self.send_page(json.dumps([{"name": tag} for tag in tags[(page - 1) * PAGE : page * PAGE]]),
                           following if page * PAGE < len(tags) else [])

    def do_GET(self):
        self.log(f"begin {self.path}")
        address = urllib.parse.urlsplit(self.path)
        mode, _, rest = address.path.lstrip("/").partition("/")
        if mode == "index":
            self.send_index(rest)
            return
        if mode == "repos":
            self.send_tags(rest.partition("/")[0], address)
            return
        argument = 0
        if mode in ("drop", "stall", "slow", "status", "flaky", "past"):
            number, _, rest = rest.partition("/")
            argument = int(number)
        path = os.path.join(DIRECTORY, urllib.parse.unquote(rest))
        data = b""
        if os.path.isfile(path):
            with open(path, "rb") as file:
                data = file.read()
        elif mode not in ("status", "redirect-to-file"):
            self.refuse(404)
            return
        if mode == "ok":
            self.send_file(data)
        elif mode == "norange":
            self.send_file(data, use_range=False)
        elif mode == "nolength":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.record(200, self.send_some(data))
            self.close_connection = True
        elif mode == "drop":
            self.send_file(data, count=argument)
            self.close_connection = True
        elif mode == "stall":
            self.send_file(data, count=argument)
            time.sleep(NEVER)
        elif mode == "slow":
            self.send_file(data, chunk=argument, pause=0.1)
        elif mode == "silent":
            self.record(0, 0)
            time.sleep(NEVER)
        elif mode == "wrong":
            self.send_file(bytes(byte ^ 0xFF for byte in data))
        elif mode == "wrongrange":
            if "Range" in self.headers:
                self.answer(206, [("Content-Length", str(len(data))),
                                  ("Content-Range", f"bytes 0-{len(data) - 1}/{len(data)}")])
                self.record(206, self.send_some(data))
            else:
                self.send_file(data)
        elif mode == "status":
            self.refuse(argument)
        elif mode == "past":
            self.date_time_string = lambda _=None: email.utils.formatdate(time.time() - argument, usegmt=True)
            self.send_file(data)
        elif mode == "flaky":
            with LOCK:
                seen = FLAKY_SEEN[self.path] = FLAKY_SEEN.get(self.path, 0) + 1
            if seen <= argument:
                self.refuse(503)
            else:
                self.send_file(data)
        elif mode == "redirect":
            self.refuse(302, [("Location", "/ok/" + rest)])
        elif mode == "redirect-to-file":
            self.refuse(302, [("Location", "file:///etc/hostname")])
        elif mode == "endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            sent = total = self.send_some(bytes(1 << 20))
            while sent:
                sent = self.send_some(bytes(1 << 20))
                total += sent
            self.record(200, total)
            self.close_connection = True
        elif mode == "huge":
            self.send_file(data, claim=10**18)
            self.close_connection = True
        else:
            self.refuse(404)


serve(Handler)
