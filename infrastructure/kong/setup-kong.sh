#!/bin/sh
# Hands kong.yml and the auth service's token keys to a real Kong 3.4 through its Admin API.
#
# usage: setup-kong.sh [KONG_ADMIN_URL] [AUTH_URL]
#   KONG_ADMIN_URL  default http://localhost:8001
#   AUTH_URL        default http://localhost:3008; its /api/v1/auth/.well-known/jwks.json names the keys
#
# A Kong without a database takes the whole as one configuration (POST /config). A Kong with a database takes it
# entity by entity (PUT by name); that way needs Python's yaml (Debian: python3-yaml). Run it again after the keys have
# changed; it is idempotent. Keys that are gone from the JWKS are removed.
set -eu

admin=${1:-${KONG_ADMIN_URL:-http://localhost:8001}}
auth=${2:-${AUTH_URL:-http://localhost:3008}}
config=$(dirname "$0")/kong.yml

exec python3 - "$admin" "$auth/api/v1/auth/.well-known/jwks.json" "$config" <<'PYTHON'
import base64, json, sys, urllib.error, urllib.request

admin, jwks_url, config_path = sys.argv[1:4]


def call(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as e:
        sys.exit(f"{method} {url}: {e.code} {e.read().decode(errors='replace')}")
    except urllib.error.URLError as e:
        sys.exit(f"{method} {url}: {e.reason}")


def der(tag, content):
    size = len(content)
    if size < 128:
        length = bytes([size])
    else:
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + length + content


def public_pem(jwk):
    """SubjectPublicKeyInfo (RFC 5280) of an RSA key: Kong wants PEM, a JWK has n and e."""
    def integer(text):
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).lstrip(b"\0")
        return der(0x02, (b"\0" if value[0] & 0x80 else b"") + value)
    key = der(0x30, integer(jwk["n"]) + integer(jwk["e"]))
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    text = base64.b64encode(der(0x30, algorithm + der(0x03, b"\0" + key))).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def existing_plugin(name, links):
    """The id of one of that name in that scope, whatever it is called: there can be one alone."""
    path = "".join(f"/{entity}s/{list(link.values())[0]}" for entity, link in links.items())
    for plugin in call("GET", f"{admin}{path}/plugins?size=1000")["data"]:
        scope = {entity for entity in ("route", "service", "consumer") if plugin.get(entity)}
        if plugin["name"] == name and scope == set(links):
            return plugin["id"]
    return None


def put_everything(config, secrets):
    plugins = []

    def put(path, entity, key, **links):
        plugins.extend((p, links) for p in entity.get("plugins", []))
        body = {k: v for k, v in entity.items() if k not in ("plugins", "routes", "jwt_secrets")}
        call("PUT", f"{admin}/{path}/{key}", body)

    for consumer in config.get("consumers", []):
        put("consumers", consumer, consumer["username"], consumer={"username": consumer["username"]})
    for service in config.get("services", []):
        put("services", service, service["name"], service={"name": service["name"]})
        for route in service.get("routes", []):
            put("routes", {**route, "service": {"name": service["name"]}}, route["name"], route={"name": route["name"]})
    plugins.extend((p, {}) for p in config.get("plugins", []))
    for plugin, links in plugins:
        # A consumer and a route may be called alike.
        name = "-".join([plugin["name"], *(f"{entity}-{v}" for entity, link in links.items() for v in link.values())])
        key = existing_plugin(plugin["name"], links) or name
        call("PUT", f"{admin}/plugins/{key}", {**plugin, **links, "instance_name": name})
    for consumer in {c["username"] for c in config.get("consumers", [])}:
        wanted = [s for s in secrets if s["consumer"] == consumer]
        for old in call("GET", f"{admin}/consumers/{consumer}/jwt")["data"]:
            if old["key"] not in [s["key"] for s in wanted]:
                call("DELETE", f"{admin}/consumers/{consumer}/jwt/{old['id']}")
        for s in wanted:
            call("PUT", f"{admin}/consumers/{consumer}/jwt/{s['key']}", {k: v for k, v in s.items() if k != "consumer"})


keys = call("GET", jwks_url)["keys"]
secrets = [{"consumer": k["consumer"], "key": k["kid"], "algorithm": "RS256", "rsa_public_key": public_pem(k)} for k in keys]
with open(config_path, encoding="utf-8") as f:
    text = f.read()

if call("GET", admin + "/")["configuration"]["database"] == "off":
    # JSON is YAML: the keys go behind the file as one more list.
    whole = text.rstrip() + "\n\njwt_secrets: " + json.dumps(secrets) + "\n"
    call("POST", admin + "/config", {"config": whole})
else:
    try:
        import yaml
    except ImportError:
        sys.exit("a Kong with a database is set up entity by entity, which needs Python's yaml (Debian: python3-yaml)")
    put_everything(yaml.safe_load(text), secrets)
print(f"{admin} has {config_path} and {len(secrets)} token keys")
PYTHON
