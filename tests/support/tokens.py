"""Making JSON Web Tokens of every wrong kind, by openssl alone."""
import base64
import json
import sqlite3
import subprocess
import tempfile
from pathlib import Path


def encode(value):
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def header_and_claims(token):
    header, claims, _ = token.split(".")
    return decode(header), decode(claims)


def sign(header, claims, private_pem):
    """RS256 (RFC 7518, 3.3)."""
    message = f"{encode(header)}.{encode(claims)}"
    with tempfile.TemporaryDirectory(prefix="mes-e2e-") as folder:
        key = Path(folder) / "key.pem"
        key.write_text(private_pem)
        key.chmod(0o600)
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=message.encode(),
                                   capture_output=True, check=True).stdout
    return f"{message}.{encode(signature)}"


def new_private_key():
    return subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], text=True,
                          capture_output=True, check=True).stdout


def platform_private_key(platform, key_id):
    """The platform's own key, from its disk: so that a token can be wrong in its claims alone."""
    with sqlite3.connect(f"file:{platform.data}/auth/auth.db?mode=ro", uri=True) as database:
        (pem,) = database.execute("SELECT private_pem FROM signing_keys WHERE key_id = ?", (key_id,)).fetchone()
    return pem
