"""A server in the auth service's place that announces token keys."""
import json
import subprocess

from tests.support import tokens
from tests.support.http_service import QuietHandler


class Keys(QuietHandler):
    def do_GET(self):
        self.tell(json.dumps({"keys": self.server.keys}).encode())


def jwk_of(pem, kid):
    modulus = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=pem, text=True, capture_output=True, check=True).stdout
    number = int(modulus.strip().split("=")[1], 16)
    return {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "e": "AQAB", "consumer": "mes-users", "aud": "mes",
            "n": tokens.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))}
