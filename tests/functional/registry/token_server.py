#!/usr/bin/env python3
"""token_server.py CERTIFICATE KEY PORT USER PASSWORD: a token server for a registry that trusts the certificate.

https://distribution.github.io/distribution/spec/auth/token/, .../oauth/ and .../jwt/: whoever knows the password, or has
it as an identity token, gets a token, signed with RS256, for what is asked.
"""
import base64
import http.server
import json
import ssl
import subprocess
import sys
import time
import urllib.parse

certificate, key, port, user, password = sys.argv[1:]
WANTED = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
CHAIN = ["".join(open(certificate, encoding="ascii").read().split("-----")[2].split())]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(service: str, scopes: list[str]) -> str:
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    now = int(time.time())
    claims = {"iss": "test", "sub": user, "aud": service, "exp": now + 300, "nbf": now - 10, "iat": now,
              "jti": str(time.time_ns()), "access": access}
    text = ".".join(encode(json.dumps(part).encode())
                    for part in ({"typ": "JWT", "alg": "RS256", "x5c": CHAIN}, claims))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), check=True,
                               stdout=subprocess.PIPE).stdout
    return text + "." + encode(signature)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") != WANTED:
            self.send_error(401)
            return
        self.give_token("token", urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query))

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if form.get("grant_type") != ["refresh_token"] or form.get("refresh_token") != [password] or "client_id" not in form:
            self.send_error(401)
            return
        self.give_token("access_token", form)

    def give_token(self, name, wanted):
        scopes = [scope for value in wanted.get("scope", []) for scope in value.split(" ")]
        body = json.dumps({name: make_token(wanted["service"][0], scopes)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
