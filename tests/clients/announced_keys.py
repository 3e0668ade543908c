"""A server in the auth service's place that announces token keys."""
import http.server
import json
import subprocess

from tests.support import tokens


class Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"keys": self.server.keys}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def jwk_of(pem, kid):
    modulus = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=pem, text=True, capture_output=True, check=True).stdout
    number = int(modulus.strip().split("=")[1], 16)
    return {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "e": "AQAB", "consumer": "mes-users", "aud": "mes",
            "n": tokens.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))}
