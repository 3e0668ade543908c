"""A server that announces one RSA key as a JSON Web Key Set (RFC 7517)."""
import contextlib
import http.server
import json
import subprocess
import threading

from tests.support import tokens
from tests.support.http_service import QuietHandler


@contextlib.contextmanager
def key_server():
    """The private key, whose id is k1, and the address of the set."""
    private = tokens.new_private_key()
    modulus = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=private, text=True, capture_output=True,
                             check=True).stdout.strip().removeprefix("Modulus=")
    key = {"kty": "RSA", "kid": "k1", "alg": "RS256", "e": "AQAB", "n": tokens.encode(bytes.fromhex(modulus))}
    body = json.dumps({"keys": [key]}).encode()

    class Serve(QuietHandler):
        def do_GET(self):
            self.tell(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Serve)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield private, f"http://127.0.0.1:{server.server_port}/jwks.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
