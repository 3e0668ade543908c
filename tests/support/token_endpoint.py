"""An identity provider's token endpoint: client credentials (RFC 6749, 4.4) for a token that is signed with a given key."""
import base64
import contextlib
import json
import time
import urllib.parse

from tests.support import tokens
from tests.support.http_service import QuietHandler, served


@contextlib.contextmanager
def token_endpoint(private, client_id, secret, **claims):
    """Its address, and the forms that it was sent. Who has not that id and secret is refused."""
    expected = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    asked = []

    class Serve(QuietHandler):
        def do_POST(self):
            form = dict(urllib.parse.parse_qsl(self.read_body().decode()))
            asked.append(form)
            if self.headers["Authorization"] != expected:
                return self.answer(401, {"error": "invalid_client"})
            if form.get("grant_type") != "client_credentials":
                return self.answer(400, {"error": "unsupported_grant_type"})
            now = int(time.time())
            token = tokens.sign({"alg": "RS256", "kid": "k1"}, {"iss": "mes-auth", "aud": "mes", "sub": client_id, "iat": now, "exp": now + 600, **claims},
                                private)
            return self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 600})

        def answer(self, status, body):
            self.tell(json.dumps(body).encode(), status, "application/json")

    with served(Serve) as address:
        yield f"{address}/token", asked
