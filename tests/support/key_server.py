"""A server that announces one RSA key as a JSON Web Key Set (RFC 7517)."""
import contextlib
import json
import subprocess

from tests.support import tokens
from tests.support.http_service import QuietHandler, served


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

    with served(Serve) as address:
        yield private, f"{address}/jwks.json"
