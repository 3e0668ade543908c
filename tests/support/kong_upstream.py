"""The service that Kong's specs have behind Kong (spec/fixtures/custom_nginx.template, mock_upstream.lua), by what it
answers: most paths answer with what was asked, as JSON. HTTP and HTTPS."""
import base64
import http.server
import json
import re
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

from tests.support.http_service import QuietHandler


def arguments(text):
    """As ngx.req.get_uri_args(): a name without "=" is true, one that comes again makes a list."""
    found = {}
    for piece in text.split("&"):
        if not piece or piece.startswith("="):
            continue
        name, equals, value = piece.partition("=")
        value = urllib.parse.unquote_plus(value) if equals else True
        append(found, urllib.parse.unquote_plus(name), value)
    return found


def append(found, name, value):
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def multipart(body, content_type):
    boundary = re.search(r"boundary=(.+)", content_type)
    parts = {}
    for part in body.split("--" + boundary[1]) if boundary else []:
        head, blank, value = part.strip().partition("\r\n\r\n")
        name = re.search(r'name="(.*?)"', head)
        if name:
            parts[name[1]] = value if blank else ""
    return parts


def posted(body, content_type):
    kind, params, error = "unknown", None, None
    if "application/x-www-form-urlencoded" in content_type:
        kind, params = "form", arguments(body)
    elif "multipart/form-data" in content_type:
        kind, params = "multipart-form", multipart(body, content_type)
    elif "application/json" in content_type:
        kind = "json"
        try:
            params = json.loads(body)
        except ValueError as e:
            kind, error = "json (error)", str(e)
    return {"text": body, "kind": kind, "params": params, **({"error": error} if error else {})}


class Handler(QuietHandler):
    scheme = "http"

    def what_was_asked(self, body):
        headers = {}
        for name, value in self.headers.items():
            append(headers, name.lower(), value)
        path, question, query = self.path.partition("?")
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        variables = {
            "uri": urllib.parse.unquote(path, "latin-1"), "request_uri": self.path, "is_args": question,
            "request": self.requestline, "request_method": self.command, "server_protocol": self.request_version,
            "scheme": self.scheme, "https": "on" if self.scheme == "https" else "", "host": host,
            "server_port": str(self.server.server_port), "remote_addr": self.headers.get("X-Real-IP", "127.0.0.1"),
            "ssl_server_name": getattr(self.connection, "asked_name", None) or "no SNI"}
        return {"headers": headers, "post_data": posted(body, self.headers.get("Content-Type", "")), "vars": variables,
                "url": f"{self.scheme}://{host}:{self.server.server_port}{self.path}", "uri_args": arguments(query)}

    def reply(self, status, text, content_type="application/json", headers=None):
        text = "" if self.command == "HEAD" else text + "\n"
        fields = {"X-Powered-By": "mock_upstream", "Server": "mock-upstream/1.0.0", "Content-Type": content_type,
                  "Content-Length": str(len(text.encode())), **{k.title(): v for k, v in (headers or {}).items()}}
        self.send_response_only(status)
        for name, value in fields.items():
            self.send_header(name, ", ".join(map(str, value)) if isinstance(value, list) else value)
        self.end_headers()
        self.wfile.write(text.encode())

    def basic_auth(self, user, password):
        given = self.headers.get("Proxy-Authorization") or self.headers.get("Authorization") or ""
        return given.lower().startswith("basic ") and base64.b64decode(given[6:]).decode() == f"{user}:{password}"

    def hop_by_hop(self):
        self.send_response_only(200)
        for name, value in (("Keep-Alive", "timeout=5, max=1000"), ("Proxy", "Remove-Me"), ("Proxy-Connection", "close"),
                            ("Proxy-Authenticate", "Basic"), ("Proxy-Authorization", "Basic YWxhZGRpbjpvcGVuc2VzYW1l"),
                            ("Transfer-Encoding", "chunked"), ("TE", "trailers, deflate;q=0.5"), ("Trailer", "Expires"),
                            ("Upgrade", "example/1, foo/2")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n0\r\nExpires: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n")

    def answer(self):
        body = self.read_body().decode("latin-1")
        asked = self.what_was_asked(body)
        path = self.path.partition("?")[0]
        if path == "/hop-by-hop":
            return self.hop_by_hop()
        status, extra, headers = 404, {}, {}
        if path == "/" or re.match(r"/(request|anything|always_200)", path):
            status = 200
        elif path.startswith("/get") or path.startswith("/post"):
            if self.command != ("GET" if path.startswith("/get") else "POST"):
                return self.reply(405, "Method not allowed for the requested URL", "text/plain")
            status = 200
        elif path == "/response-headers":
            status, headers = 200, asked["uri_args"]
        elif found := re.fullmatch(r"/cache/(\d+)", path):
            status, headers = 200, {"Cache-Control": f"public, max-age={found[1]}"}
        elif found := re.fullmatch(r"/status/(\d{3})", path):
            status, extra = int(found[1]), {"code": int(found[1])}
        elif found := re.fullmatch(r"/delay/(\d{1,3})", path):
            time.sleep(int(found[1]))
            status, extra = 200, {"delay": int(found[1])}
        elif found := re.fullmatch(r"/basic-auth/(\w+)/(.+)", path):
            if not self.basic_auth(found[1], found[2]):
                return self.reply(401, "", headers={"WWW-Authenticate": "mock_upstream"})
            status, extra = 200, {"authenticated": True, "user": found[1]}
        elif path.startswith("/xml"):
            return self.reply(200, "<note><body>words</body></note>", "application/xml")
        if status in (204, 304):
            self.send_response_only(status)
            return self.end_headers()
        self.reply(status, json.dumps({**asked, **extra}), headers=headers)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)


class TlsHandler(Handler):
    scheme = "https"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a client that went away


def silent_listener():
    """A port that answers no SYN: its queue is full. The sockets to keep."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    kept = [listener]
    for _ in range(4):
        waiting = socket.socket()
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
        kept.append(waiting)
    return kept


class KongUpstream:
    """Its two ports, on loopback; `folder` is for its certificate."""

    def __init__(self, folder):
        certificate, key = f"{folder}/upstream.crt", f"{folder}/upstream.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.sni_callback = lambda connection, name, _: setattr(connection, "asked_name", name)
        self.servers = [Server(("127.0.0.1", 0), Handler), Server(("127.0.0.1", 0), TlsHandler)]
        self.servers[1].socket = context.wrap_socket(self.servers[1].socket, server_side=True)
        self.port, self.tls_port = (s.server_address[1] for s in self.servers)
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

        self.silent = silent_listener()
        self.silent_port = self.silent[0].getsockname()[1]

    def stop(self):
        for one in self.silent:
            one.close()
        for server in self.servers:
            server.shutdown()
            server.server_close()
