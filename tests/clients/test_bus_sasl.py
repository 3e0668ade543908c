"""Who gets in by SASL: PLAIN, SCRAM, tokens of the platform; with librdkafka's client and requests by hand."""
import subprocess
import time

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialDeletion, UserScramCredentialUpsertion)

from bus_access import AUTHENTICATION, address, first_error, plain, produce, topics_of, users_file
from differential.codec import request_frame
from raw import Closed, Raw
from tests.support import tokens
from tests.support.key_server import key_server
from tests.support.readable import readable


@pytest.fixture
def sasl_bus(start_bus, tmp_path):
    return start_bus("--listeners", "PLAINTEXT://127.0.0.1:9092,SASL_PLAINTEXT://127.0.0.1:9094", "--sasl-users",
                 users_file(tmp_path, alice="a secret"))


def test_plain(sasl_bus):
    assert "system.audit-log" in topics_of(plain(sasl_bus, "alice", "a secret"))
    for user, password in (("alice", "another"), ("nobody", "a secret")):
        assert first_error(plain(sasl_bus, user, password)) == AUTHENTICATION
    text = (sasl_bus.data / "bus.log").read_text()
    assert "authentication failed" in text and "secret" not in text and "another" not in text.replace("another password", "")


@pytest.mark.parametrize("mechanism, code", [("SCRAM-SHA-256", ScramMechanism.SCRAM_SHA_256),
                                             ("SCRAM-SHA-512", ScramMechanism.SCRAM_SHA_512)])
def test_scram(sasl_bus, mechanism, code):
    admin = AdminClient({"bootstrap.servers": sasl_bus.address})

    def config(user, password):
        return {**plain(sasl_bus, user, password), "sasl.mechanism": mechanism}

    def alter(change):
        for future in admin.alter_user_scram_credentials([change]).values():
            future.result(20)

    assert first_error(config("bob", "first")) == AUTHENTICATION
    alter(UserScramCredentialUpsertion("bob", ScramCredentialInfo(code, 4096), b"first"))
    assert topics_of(config("bob", "first"))
    assert first_error(config("bob", "other")) == AUTHENTICATION
    assert topics_of(config("alice", "a secret"))  # of the users' file
    # Debian's librdkafka (2.0) sends its nonce twice in the last message.
    login = [part for key, value in config("bob", "first").items() if key != "bootstrap.servers" for part in ("-X", f"{key}={value}")]
    done = subprocess.run(["kcat", "-b", address(sasl_bus, 9094), *login, "-L"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "system.audit-log" in done.stdout, done.stderr
    described = admin.describe_user_scram_credentials(["bob"])["bob"].result(20)
    assert [(i.mechanism, i.iterations) for i in described.scram_credential_infos] == [(code, 4096)]
    for iterations in (4095, 16385):
        with pytest.raises(KafkaException) as refused:
            alter(UserScramCredentialUpsertion("bob", ScramCredentialInfo(code, iterations), b"first"))
        assert refused.value.args[0].code() == KafkaError.UNACCEPTABLE_CREDENTIAL
    with pytest.raises(KafkaException) as missing:
        admin.describe_user_scram_credentials(["nobody"])["nobody"].result(20)
    assert missing.value.args[0].code() == KafkaError.RESOURCE_NOT_FOUND
    # They are in the log, as keys; the password is nowhere.
    sasl_bus.stop()
    for file in (sasl_bus.data / "bus").iterdir():
        assert b"first" not in file.read_bytes()
    sasl_bus.start()
    assert topics_of(config("bob", "first"))
    alter(UserScramCredentialDeletion("bob", code))
    assert first_error(config("bob", "first")) == AUTHENTICATION


@pytest.fixture
def announced_key():
    with key_server() as key:
        yield key


def test_tokens_of_the_platform(start_bus, announced_key):
    private, url = announced_key
    bus = start_bus("--listeners", "SASL_PLAINTEXT://127.0.0.1:9094", "--oauthbearer-jwks-url", url, "--authorizer", "true",
                "--super-users", "User:erp")
    now = int(time.time())
    header = {"alg": "RS256", "kid": "k1"}
    claims = {"iss": "mes-auth", "aud": "mes", "sub": "erp", "iat": now, "exp": now + 600}

    def config(token):
        return {"bootstrap.servers": address(bus, 9094), "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "OAUTHBEARER", "oauth_cb": lambda _: (token, time.time() + 600)}

    assert produce(config(tokens.sign(header, claims, private)), "by-token", b"1") == [None]
    unsigned = f"{tokens.encode({'alg': 'none', 'kid': 'k1'})}.{tokens.encode(claims)}."
    for bad in (unsigned, tokens.sign(header, claims, tokens.new_private_key()),
                tokens.sign(header, {**claims, "aud": "others"}, private),
                tokens.sign(header, {**claims, "iss": "others"}, private),
                tokens.sign(header, {**claims, "exp": now - 600}, private),
                tokens.sign(header, {**claims, "nbf": now + 3600.5}, private),
                tokens.sign(header, {**claims, "nbf": "tomorrow"}, private)):
        assert first_error(config(bad)) == AUTHENTICATION
    # The session ends with the token (KIP-368), and RFC 7628 says how a refusal looks.
    with Raw(address(bus, 9094)) as raw:
        assert raw.handshake("OAUTHBEARER")[0] == 0
        message = b"n,,\x01auth=Bearer " + tokens.sign(header, claims, private).encode() + b"\x01\x01"
        error, _, _, lifetime = raw.authenticate(message)
        assert error == 0 and 0 < lifetime <= 600_000
    with Raw(address(bus, 9094)) as raw:
        raw.handshake("OAUTHBEARER")
        assert raw.authenticate(b"n,,\x01auth=Bearer " + unsigned.encode() + b"\x01\x01")[2] == b'{"status":"invalid_token"}'
        assert raw.authenticate(b"\x01")[:2] == (58, '{"status":"invalid_token"}')


def test_sasl_states(sasl_bus):
    good = b"\0alice\0a secret"
    with Raw(address(sasl_bus, 9094)) as raw:
        with pytest.raises(Closed):  # a request before the handshake
            raw.request(3, 1, b"\xff\xff\xff\xff")
    with Raw(address(sasl_bus, 9094)) as raw:
        assert raw.request(18, 0).take("h") == 0
        error, mechanisms = raw.handshake("GSSAPI")
        assert error == 33 and set(mechanisms) == {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"}
        with pytest.raises(Closed):
            raw.handshake("PLAIN")
    with Raw(address(sasl_bus, 9094)) as raw:
        assert raw.handshake("PLAIN")[0] == 0
        error, message, _, _ = raw.authenticate(b"\0alice\0wrong")
        assert error == 58 and "wrong" not in message
        with pytest.raises(Closed):
            raw.request(18, 0)
    with Raw(address(sasl_bus, 9094)) as raw:
        raw.handshake("PLAIN")
        assert raw.authenticate(good) == (0, None, b"", 0)
        assert raw.request(18, 0).take("h") == 0
        assert raw.handshake("PLAIN")[0] == 34  # once is enough
        assert raw.authenticate(good)[0] == 34
    with Raw(address(sasl_bus, 9094)) as raw:  # version 0: the mechanism's messages have no header
        assert raw.handshake("PLAIN", 0)[0] == 0
        assert raw.frame(good) == b""
        assert raw.request(18, 0).take("h") == 0
    with Raw(sasl_bus.address) as raw:
        assert raw.handshake("PLAIN") == (34, [])


def test_a_wrong_password_is_told_late_whatever_is_sent_behind_it(sasl_bus):
    """Else passwords could be tried as fast as they are sent."""
    wrong = {"auth_bytes": b"\0alice\0wrong"}
    with Raw(address(sasl_bus, 9094)) as raw:
        raw.handshake("PLAIN")
        frames = [request_frame("sasl_authenticate", 2, wrong), request_frame("api_versions", 2, {})]
        raw.socket.sendall(b"".join(frames))
        assert raw.receive("sasl_authenticate", 2)["error_code"] == 58
        with pytest.raises(Closed):
            raw.receive("api_versions", 2)
    # Version 0 of the handshake has no answer that says so: its connection is closed as late.
    with Raw(address(sasl_bus, 9094)) as first, Raw(address(sasl_bus, 9094)) as second:
        first.handshake("PLAIN")
        second.handshake("PLAIN", 0)
        first.send("sasl_authenticate", 2, **wrong)
        time.sleep(0.02)
        second.socket.sendall(len(wrong["auth_bytes"]).to_bytes(4) + wrong["auth_bytes"])
        assert first.socket in readable(first.socket, second.socket, timeout_s=20)
        with pytest.raises(Closed):
            second.receive("sasl_authenticate", 2)


def test_requests_before_authentication_count_for_nobody(sasl_bus):
    with Raw(sasl_bus.address) as admin:
        admin.call("alter_client_quotas", 1, validate_only=False, entries=[
            {"entity": [{"entity_type": "user", "entity_name": "ANONYMOUS"}],
             "ops": [{"key": "request_percentage", "value": 0.0001, "remove": False}]}])
    with Raw(sasl_bus.address) as anonymous:
        assert any(anonymous.call("api_versions", 2)["throttle_time_ms"] for _ in range(20))
    with Raw(address(sasl_bus, 9094)) as stranger:
        assert not any(stranger.call("api_versions", 2)["throttle_time_ms"] for _ in range(20))


def test_sessions_end_and_are_renewed(start_bus, tmp_path):
    bus = start_bus("--listeners", "SASL_PLAINTEXT://127.0.0.1:9094", "--sasl-users",
                users_file(tmp_path, alice="a", bob="b"), "--connections-max-reauth", "1s")
    with Raw(address(bus, 9094)) as raw:
        raw.handshake("PLAIN")
        assert raw.authenticate(b"\0alice\0a")[3] == 1000
        assert raw.handshake("PLAIN")[0] == 0
        assert raw.authenticate(b"\0alice\0a")[::3] == (0, 1000)
        raw.handshake("PLAIN")
        assert raw.authenticate(b"\0bob\0b")[0] == 58  # another user may not take the session over
    with Raw(address(bus, 9094)) as raw:
        raw.handshake("PLAIN")
        raw.authenticate(b"\0alice\0a")
        with pytest.raises(Closed):
            while True:
                raw.request(18, 0)


def test_users_file_that_others_may_read_is_refused(start_bus, tmp_path):
    with pytest.raises(AssertionError, match="chmod 600"):
        start_bus("--sasl-users", users_file(tmp_path, mode=0o644, alice="a"))
