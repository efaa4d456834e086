#!/usr/bin/env python3
"""A loopback OCI registry that can misbehave, for tests.

    registry_server.py LOG

Prints its port, serves until its standard input ends, keeps everything in memory. The first part of the repository's
name chooses the behaviour:

    good/...        as a good registry
    basic/...       wants user "robot" with password "sesame"
    token/...       wants a token from /token, which wants the same user; a token is good for its scope only
    flaky/...       503 for the first request of each method and path
    interrupt/...   takes half of each third PATCH, then cuts the connection
    forget/...      the same, but only once, and then does not know the upload any more
    cut/...         cuts the connection after 100 000 bytes of a blob
    stall/...       falls silent after 1000 bytes of a blob, or half of a smaller one
    crawl/...       sends ten bytes of a blob a second
    die/...         ends, with the whole server, in the middle of a blob
    lie/...         gives blobs with one bit flipped
    long/...        gives blobs with a byte more, without saying how long they are
    pair/...        does not answer for a blob before another one is asked for; 503 when none is within a minute
    flood/...       gives manifests without end
    elsewhere/...   redirects blobs, and sends uploads, to "localhost" instead of "127.0.0.1", and wants basic's user
    insecure/...    names a token server of another host, over http
    pages/...       lists two tags at a time
    ring/...        lists two tags at a time, and the first ones, at one of two addresses, after the last
    self/...        lists two tags at a time, and the last page links to itself

LOG gets one JSON object for each request.
"""
import base64
import hashlib
import http.server
import itertools
import json
import os
import re
import sys
import threading
import time
import urllib.parse

from serve import serve

LOG = sys.argv[1]
LOCK = threading.Lock()
USER = "Basic " + base64.b64encode(b"robot:sesame").decode()
BLOBS, MANIFESTS, UPLOADS, SEEN, PATCHES = {}, {}, {}, set(), {}
UPLOAD_NAMES = itertools.count(1)
ARRIVALS, ASKED, LONGEST_WAIT = threading.Condition(), {}, 60


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def record(self, status):
        line = json.dumps({"method": self.command, "path": self.path, "status": status,
                           "auth": self.headers.get("Authorization", ""), "range": self.headers.get("Range", ""),
                           "host": self.headers.get("Host", "")})
        with LOCK, open(LOG, "a", encoding="utf-8") as log:
            log.write(line + "\n")

    def answer(self, status, headers=(), body=b"", length=True):
        self.record(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(2)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def token(self, query):
        if self.headers.get("Authorization") != USER:
            self.answer(401)
            return
        token = "token-" + query.get("scope", [""])[0]
        self.answer(200, body=json.dumps({"token": token}).encode())

    def is_allowed(self, repository, mode):
        given = self.headers.get("Authorization", "")
        if mode in ("basic", "elsewhere"):
            if given == USER or self.headers.get("Host", "").startswith("localhost"):
                return True
            self.answer(401, [("WWW-Authenticate", 'Basic realm="test"')])
            return False
        if mode == "insecure":
            self.answer(401, [("WWW-Authenticate", 'Bearer realm="ftp://elsewhere/token",service="x"')])
            return False
        if mode == "token":
            actions = "pull" if self.command in ("GET", "HEAD") else "pull,push"
            if any(given == f"Bearer token-repository:{repository}:{some}" for some in (actions, "pull,push")):
                return True
            self.answer(401, [("WWW-Authenticate", f'Bearer realm="{self.origin}/token",service="test",'
                                                   f'scope="repository:{repository}:{actions}"')])
            return False
        return True

    def handle_any(self):
        length = int(self.headers.get("Content-Length", "0"))
        path, _, query = self.path.partition("?")
        query = urllib.parse.parse_qs(query)
        if path == "/token":
            self.token(query)
            return
        match = re.fullmatch(r"/v2/(.+)/(manifests|blobs|tags)/(.+)", path)
        upload = re.fullmatch(r"/v2/(.+)/blobs/uploads/(.*)", path)
        if not match:
            self.answer(404)
            return
        repository = upload.group(1) if upload else match.group(1)
        mode = repository.partition("/")[0]
        if mode == "interrupt" or mode == "forget":
            if self.command == "PATCH" and self.interrupted(repository, upload.group(2), length, mode):
                return
        body = self.rfile.read(length)
        if not self.is_allowed(repository, mode):
            return
        if mode == "flaky" and (self.command, self.path) not in SEEN:
            SEEN.add((self.command, self.path))
            self.answer(503)
            return
        if upload:
            self.upload(repository, upload.group(2), query, body, mode)
        elif match.group(2) == "manifests":
            self.manifest(repository, match.group(3), body, mode)
        elif match.group(2) == "tags":
            self.tags(repository, query, mode)
        else:
            self.blob(repository, match.group(3), mode)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any

    def interrupted(self, repository, name, length, mode):
        with LOCK:
            PATCHES[repository] = PATCHES.get(repository, 0) + 1
            if PATCHES[repository] % 3 != 0 or mode == "forget" and PATCHES[repository] > 3:
                return False
        part = self.rfile.read(length // 2)
        if mode == "forget":
            UPLOADS.pop((repository, name), None)
        else:
            UPLOADS[repository, name] += part
        self.record(0)
        self.cut()
        return True

    def upload(self, repository, name, query, body, mode):
        host = f"http://localhost:{self.server.server_port}" if mode == "elsewhere" else ""
        if self.command == "POST":
            name = str(next(UPLOAD_NAMES))
            UPLOADS[repository, name] = b""
            self.answer(202, [("Location", f"{host}/v2/{repository}/blobs/uploads/{name}?state=1")])
            return
        if (repository, name) not in UPLOADS:
            self.answer(404)
            return
        have = len(UPLOADS[repository, name])
        place = [("Location", f"{host}/v2/{repository}/blobs/uploads/{name}?state={have + len(body)}")]
        if self.command == "PATCH":
            first = int(self.headers["Content-Range"].partition("-")[0])
            if first != have:
                self.answer(416, [("Range", f"0-{max(have - 1, 0)}")])
                return
            UPLOADS[repository, name] += body
            self.answer(202, place + [("Range", f"0-{have + len(body) - 1}")])
        elif self.command == "GET":
            self.answer(204, place + [("Range", f"0-{max(have - 1, 0)}")])
        elif self.command == "PUT":
            data = UPLOADS.pop((repository, name)) + body
            if digest_of(data) != query["digest"][0]:
                self.answer(400)
                return
            BLOBS[repository, digest_of(data)] = data
            self.answer(201, [("Docker-Content-Digest", digest_of(data))])

    @staticmethod
    def comes_with_another(repository, digest):
        with ARRIVALS:
            asked = ASKED.setdefault(repository, set())
            asked.add(digest)
            ARRIVALS.notify_all()
            return ARRIVALS.wait_for(lambda: len(asked) > 1, LONGEST_WAIT)

    def blob(self, repository, digest, mode):
        data = BLOBS.get((repository, digest))
        if data is None:
            self.answer(404)
            return
        if self.command == "HEAD":
            self.answer(200, body=data)
            return
        if mode == "elsewhere" and not self.headers.get("Host", "").startswith("localhost"):
            self.answer(307, [("Location", f"http://localhost:{self.server.server_port}{self.path}")])
            return
        if mode == "pair" and not self.comes_with_another(repository, digest):
            self.answer(503)
            return
        if mode == "lie":
            data = data[:-1] + bytes([data[-1] ^ 1])
        if mode == "long":
            self.answer(200, body=data + b"!", length=False)
            return
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        headers = []
        if asked:
            start = int(asked.group(1))
            if start >= len(data):
                self.answer(416)
                return
            headers = [("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")]
        half = len(data) // 2
        limit = {"cut": 100000, "stall": min(1000, half), "die": half}.get(mode, len(data))
        self.record(206 if asked else 200)
        self.send_response(206 if asked else 200)
        for name, value in headers + [("Content-Length", str(len(data) - start))]:
            self.send_header(name, value)
        self.end_headers()
        for at in range(start, start + limit) if mode == "crawl" else ():
            self.wfile.write(data[at : at + 1])
            self.wfile.flush()
            time.sleep(0.1)
        self.wfile.write(data[start : start + limit])
        self.wfile.flush()
        if mode == "stall":
            time.sleep(3600)
        if mode == "die":
            os._exit(1)
        if start + limit < len(data):
            self.cut()

    def manifest(self, repository, tag, body, mode):
        if self.command == "PUT":
            MANIFESTS[repository, tag] = body
            self.answer(201, [("Docker-Content-Digest", digest_of(body))])
            return
        data = MANIFESTS.get((repository, tag))
        if mode == "flood":
            self.answer(200, body=b" " * (5 << 20), length=False)
        elif data is None:
            self.answer(404)
        else:
            self.answer(200, [("Content-Type", "application/vnd.oci.image.manifest.v1+json")], data)

    def tags(self, repository, query, mode):
        tags = sorted(tag for where, tag in MANIFESTS if where == repository)
        if mode not in ("pages", "ring", "self"):
            self.answer(200, body=json.dumps({"name": repository, "tags": tags}).encode())
            return
        rest = [tag for tag in tags if tag > query.get("last", [""])[0]]
        page = rest[:2]
        link = [("Link", f'</v2/{repository}/tags/list?n=2&last={page[-1]}>; rel="next"')] if rest[2:] else []
        if mode == "ring" and not link:
            other = "2" if query.get("n") == ["1000"] else "1000"
            link = [("Link", f'</v2/{repository}/tags/list?n={other}>; rel="next"')]
        if mode == "self" and not link:
            link = [("Link", f'<{self.path}>; rel="next"')]
        self.answer(200, link, json.dumps({"name": repository, "tags": page}).encode())


serve(Handler)
