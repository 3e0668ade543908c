"""Who gets in and what he may do: TLS, mutual TLS, SASL and ACLs, with librdkafka's client and requests by hand."""
import os
import select
import ssl
import subprocess
import time

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, NewTopic,
                                   ResourcePatternType, ResourceType, ScramCredentialInfo, ScramMechanism,
                                   UserScramCredentialDeletion, UserScramCredentialUpsertion)

from bus import MES, Bus
from differential.codec import request_frame
from raw import Closed, Raw
from tests.support import tokens
from tests.support.key_server import key_server
from tests.support.wait import eventually

AUTHENTICATION, SSL = KafkaError._AUTHENTICATION, KafkaError._SSL


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(*options):
        running.append(Bus(tmp_path, *options).start())
        return running[-1]

    yield begin
    for bus in running:
        bus.stop()


def address(bus, port):
    return f"127.0.0.1:{port + bus.offset}"


def plain(bus, user, password, port=9094):
    return {"bootstrap.servers": address(bus, port), "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
            "sasl.username": user, "sasl.password": password}


def users_file(folder, mode=0o600, **users):
    path = folder / "users.yaml"
    path.write_text("users:\n" + "".join(f"  - name: {n}\n    password: {p}\n" for n, p in users.items()))
    path.chmod(mode)
    return str(path)


def topics_of(config):
    return AdminClient(config).list_topics(timeout=20).topics


def first_error(config, wanted=lambda e: e.code() in (AUTHENTICATION, SSL), deadline_s=20):
    """The code of the first error of that kind that the client is told of; all of them if there is none."""
    told = []
    client = Producer({**config, "error_cb": told.append})
    end = time.monotonic() + deadline_s
    while not any(map(wanted, told)) and time.monotonic() < end:
        client.poll(0.05)
    return next((e.code() for e in told if wanted(e)), told)


def produce(config, topic, *values):
    """The error code of each delivery."""
    outcomes = []
    producer = Producer({"message.timeout.ms": 20000, **config})
    for value in values:
        producer.produce(topic, value, on_delivery=lambda e, _: outcomes.append(e and e.code()))
    producer.flush(30)
    return outcomes


def consume(config, topic, count, group="readers"):
    """As many values, or the first error's code."""
    consumer = Consumer({"group.id": group, "auto.offset.reset": "earliest", **config})
    consumer.subscribe([topic])
    values, end = [], time.monotonic() + 30
    try:
        while len(values) < count and time.monotonic() < end:
            message = consumer.poll(0.2)
            if message is None:
                continue
            if message.error():
                return message.error().code()
            values.append(message.value())
        return values
    finally:
        consumer.close()


# ---- TLS ----

def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def authority(folder, name):
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
            certificate, "-subj", f"/CN={name}", "-days", 2)
    return certificate, key


def signed(folder, by, name, subject, *more):
    key, request, certificate = (folder / f"{name}.{suffix}" for suffix in ("key", "csr", "pem"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
            "-subj", subject)
    openssl("x509", "-req", "-in", request, "-CA", by[0], "-CAkey", by[1], "-CAcreateserial", "-out", certificate,
            *(more or ("-days", 2)))
    return {"ssl.certificate.location": str(certificate), "ssl.key.location": str(key)}


def tls(bus, **more):
    return {"bootstrap.servers": address(bus, 9093), "security.protocol": "SSL",
            "ssl.ca.location": str(bus.data / "bus/certificate.pem"), **more}


def test_tls_by_the_certificate_that_is_made_at_first_start(start):
    bus = start("--listeners", "PLAINTEXT://127.0.0.1:9092,SSL://127.0.0.1:9093")
    values = [os.urandom(200_000) for _ in range(30)]  # far more than a TLS record or a socket's buffer
    assert produce(tls(bus, **{"linger.ms": 20}), "over-tls", *values) == [None] * 30
    assert sorted(consume(tls(bus), "over-tls", 30)) == sorted(values)
    # Each listener tells of itself: the plain one still works beside.
    assert sorted(consume({"bootstrap.servers": bus.address}, "over-tls", 30, "plain")) == sorted(values)
    assert (bus.data / "bus/key.pem").stat().st_mode & 0o077 == 0
    del_ca = {k: v for k, v in tls(bus).items() if k != "ssl.ca.location"}
    # librdkafka tells it as either, as its handshake happens to end.
    assert first_error(del_ca, lambda e: "certificate verify failed" in e.str()) in (SSL, KafkaError._TRANSPORT)


def test_mutual_tls_names_the_client(start, tmp_path):
    ours, other = authority(tmp_path, "ours"), authority(tmp_path, "other")
    alice = signed(tmp_path, ours, "alice", "/C=DE/O=Plant, north/OU=line 7/CN=alice")
    bob = signed(tmp_path, ours, "bob", "/CN=bob")
    stranger = signed(tmp_path, other, "stranger", "/CN=alice")
    bus = start("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "required", "--ssl-client-ca",
                str(ours[0]), "--authorizer", "true", "--super-users",
                r"User:CN=alice,OU=line 7,O=Plant\, north,C=DE")  # as Java prints it (RFC 2253)
    assert produce(tls(bus, **alice), "named", b"1") == [None]
    assert produce(tls(bus, **bob), "named", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    for nobody in ({}, stranger):  # librdkafka keeps a certificate back that no named authority has signed
        assert first_error(tls(bus, **nobody), lambda e: "certificate required" in e.str()) == KafkaError._TRANSPORT


def test_certificates_are_mapped_to_short_names(start, tmp_path):
    ours = authority(tmp_path, "ours")
    alice = signed(tmp_path, ours, "alice", "/O=Plant/CN=Alice")
    bus = start("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "requested", "--ssl-client-ca", str(ours[0]),
                "--authorizer", "true", "--super-users", "User:alice", "--ssl-principal-mapping-rules",
                "RULE:^CN=(.*?),.*$/$1/L,DEFAULT")
    assert produce(tls(bus, **alice), "named", b"1") == [None]
    assert produce(tls(bus), "named", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]  # ANONYMOUS


def test_a_certificate_without_a_name_is_not_anonymous(start, tmp_path):
    ours = authority(tmp_path, "ours")
    nameless = signed(tmp_path, ours, "nameless", "/")
    settings = ("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "requested", "--ssl-client-ca", str(ours[0]),
                "--authorizer", "true", "--super-users", "User:ANONYMOUS")
    bus = start(*settings)
    assert produce(tls(bus), "named", b"1") == [None]  # who shows none is ANONYMOUS
    assert produce(tls(bus, **nameless), "named", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    bus.stop()
    bus = start(*settings, "--ssl-principal-mapping-rules", "RULE:^CN=(.*?),.*$/$1/L")
    assert produce({**tls(bus, **nameless), "message.timeout.ms": 3000}, "named", b"1") == [KafkaError._MSG_TIMED_OUT]


def test_the_log_says_why_a_certificate_does_not_let_in(start, tmp_path):
    ours = authority(tmp_path, "ours")
    clients = {"expired": signed(tmp_path, ours, "expired", "/CN=expired", "-days", -1),
               "nobody": signed(tmp_path, ours, "nobody", "/CN=nobody")}
    certificate, key = authority(tmp_path, "itself")
    clients["itself"] = {"ssl.certificate.location": str(certificate), "ssl.key.location": str(key)}
    bus = start("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "required", "--ssl-client-ca", str(ours[0]),
                "--ssl-principal-mapping-rules", "RULE:^CN=(press-.*)$/$1/")
    for name, why in (("expired", "certificate has expired"), ("itself", "self-signed certificate"),
                      ("nobody", "no rule of ssl_principal_mapping_rules matches CN=nobody")):
        context = ssl.create_default_context(cafile=bus.data / "bus/certificate.pem")
        context.load_cert_chain(clients[name]["ssl.certificate.location"], clients[name]["ssl.key.location"])
        with pytest.raises((OSError, Closed)), Raw(address(bus, 9093)) as raw:
            raw.socket = context.wrap_socket(raw.socket, server_hostname="localhost")
            raw.request(18, 0)
        eventually(lambda: why in (bus.data / "bus.log").read_text())


def test_certificates_are_asked_for_where_no_sasl_says_who_comes(start, tmp_path):
    """KIP-684: of ssl.client.auth, SASL_SSL listeners take nothing."""
    ours = authority(tmp_path, "ours")
    bus = start("--listeners", "SSL://127.0.0.1:9093,SASL_SSL://127.0.0.1:9095", "--ssl-client-auth", "required", "--ssl-client-ca",
                str(ours[0]), "--sasl-users", users_file(tmp_path, alice="a"))
    by_password = tls(bus) | plain(bus, "alice", "a", 9095) | {"security.protocol": "SASL_SSL"}
    assert produce(by_password, "with-a-password", b"1") == [None]
    assert first_error(tls(bus), lambda e: "certificate required" in e.str()) == KafkaError._TRANSPORT


# ---- SASL ----

@pytest.fixture
def sasl_bus(start, tmp_path):
    return start("--listeners", "PLAINTEXT://127.0.0.1:9092,SASL_PLAINTEXT://127.0.0.1:9094", "--sasl-users",
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


def test_tokens_of_the_platform(start, announced_key):
    private, url = announced_key
    bus = start("--listeners", "SASL_PLAINTEXT://127.0.0.1:9094", "--oauthbearer-jwks-url", url, "--authorizer", "true",
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
        assert raw.authenticate(b"\x01")[0] == 58


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
        readable, _, _ = select.select([first.socket, second.socket], [], [], 20)
        assert first.socket in readable
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


def test_sessions_end_and_are_renewed(start, tmp_path):
    bus = start("--listeners", "SASL_PLAINTEXT://127.0.0.1:9094", "--sasl-users",
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


def test_users_file_that_others_may_read_is_refused(start, tmp_path):
    with pytest.raises(AssertionError, match="chmod 600"):
        start("--sasl-users", users_file(tmp_path, mode=0o644, alice="a"))


# ---- ACLs ----

def acl(name, what, who="User:alice", resource=ResourceType.TOPIC, pattern=ResourcePatternType.LITERAL,
        verdict=AclPermissionType.ALLOW, host="*"):
    return AclBinding(resource, name, pattern, who, host, what, verdict)


def anything(name=None, pattern=ResourcePatternType.ANY, who=None):
    return AclBindingFilter(ResourceType.ANY, name, pattern, who, None, AclOperation.ANY, AclPermissionType.ANY)


def done(futures):
    return [f.result(20) for f in futures.values()]


@pytest.fixture
def guarded(start, tmp_path):
    bus = start("--listeners", "SASL_PLAINTEXT://127.0.0.1:9094", "--sasl-users",
                users_file(tmp_path, admin="root", alice="a"), "--authorizer", "true", "--super-users", "User:admin")
    return bus, AdminClient(plain(bus, "admin", "root")), plain(bus, "alice", "a")


def test_nothing_is_allowed_that_no_acl_allows(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("orders", 1), NewTopic("secret", 1)]))
    denied = KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert topics_of(alice) == {}
    assert produce(alice, "orders", b"1") == [denied]
    assert AdminClient(alice).list_topics("orders", timeout=20).topics["orders"].error.code() == denied
    powerless = AdminClient(alice)
    for call, code in ((lambda a: a.create_topics([NewTopic("own", 1)]), denied),
                       (lambda a: a.delete_topics(["orders"]), denied),
                       (lambda a: a.create_acls([acl("orders", AclOperation.ALL)]), KafkaError.CLUSTER_AUTHORIZATION_FAILED)):
        with pytest.raises(KafkaException) as refused:
            done(call(powerless))
        assert refused.value.args[0].code() == code
    assert "orders" in topics_of(plain(bus, "admin", "root"))


def test_what_acls_allow_and_deny(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("plant-1", 1), NewTopic("plant-2", 1), NewTopic("other", 1)]))
    done(admin.create_acls([acl("plant-", AclOperation.WRITE, pattern=ResourcePatternType.PREFIXED),
                            acl("plant-2", AclOperation.WRITE, verdict=AclPermissionType.DENY)]))
    assert produce(alice, "plant-1", b"1") == [None]
    assert produce(alice, "plant-2", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    # Writing implies describing, and nothing else.
    assert set(topics_of(alice)) == {"plant-1", "plant-2"}
    assert consume(alice, "plant-1", 1) == KafkaError.GROUP_AUTHORIZATION_FAILED
    done(admin.create_acls([acl("readers", AclOperation.READ, resource=ResourceType.GROUP)]))
    assert consume(alice, "plant-1", 1) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    done(admin.create_acls([acl("plant-1", AclOperation.READ, who="User:*")]))
    assert consume(alice, "plant-1", 1) == [b"1"]
    # They are in the log: after a restart, and after one that is no stop, nothing has changed.
    bus.kill()
    bus.start()
    assert produce(alice, "plant-2", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    assert produce(alice, "plant-1", b"2") == [None]
    assert {(a.name, a.operation, a.permission_type) for a in admin.describe_acls(anything()).result(20)} == {
        ("plant-", AclOperation.WRITE, AclPermissionType.ALLOW), ("plant-2", AclOperation.WRITE, AclPermissionType.DENY),
        ("plant-1", AclOperation.READ, AclPermissionType.ALLOW), ("readers", AclOperation.READ, AclPermissionType.ALLOW)}
    assert {a.name for a in admin.describe_acls(anything("plant-1", ResourcePatternType.MATCH)).result(20)} == {
        "plant-", "plant-1"}
    assert {a.name for a in admin.describe_acls(anything(who="User:*")).result(20)} == {"plant-1"}
    deleted = done(admin.delete_acls([anything("plant-2", ResourcePatternType.LITERAL)]))[0]
    assert [a.name for a in deleted] == ["plant-2"]
    assert produce(alice, "plant-2", b"1") == [None]


def test_groups_transactions_and_bits(guarded):
    _, admin, alice = guarded
    done(admin.create_topics([NewTopic("t", 1)]))
    done(admin.create_acls([acl("t", AclOperation.ALTER), acl("g", AclOperation.DELETE, resource=ResourceType.GROUP)]))
    as_alice = AdminClient(alice)
    described = as_alice.describe_topics(TopicCollection(["t"]), include_authorized_operations=True)["t"].result(20)
    assert set(described.authorized_operations) == {AclOperation.ALTER, AclOperation.DESCRIBE}
    assert not as_alice.describe_cluster(include_authorized_operations=True).result(20).authorized_operations
    everything = admin.describe_cluster(include_authorized_operations=True).result(20).authorized_operations
    assert {AclOperation.CREATE, AclOperation.ALTER, AclOperation.DESCRIBE_CONFIGS} <= set(everything)
    transactional = Producer({**alice, "transactional.id": "tx"})
    with pytest.raises(KafkaException) as refused:
        transactional.init_transactions(20)
    assert refused.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_a_regular_expression_reaches_only_what_its_member_may_describe(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("pub-open", 1), NewTopic("pub-secret", 1)]))
    done(admin.create_acls([acl("g", AclOperation.READ, resource=ResourceType.GROUP), acl("pub-open", AclOperation.READ)]))

    def reads(config):
        consumer = Consumer({**config, "group.id": "g", "group.protocol": "consumer"})
        consumer.subscribe(["^pub-.*"])
        return consumer

    def assigned(consumer):
        consumer.poll(0.1)
        return {p.topic for p in consumer.assignment()}
    of_alice, of_admin = reads(alice), reads(plain(bus, "admin", "root"))
    try:
        eventually(lambda: (assigned(of_alice), assigned(of_admin)) == ({"pub-open"}, {"pub-secret"}), timeout_s=40)
        of_admin.close()
        bus.kill()
        bus.start()
        done(admin.create_topics([NewTopic("pub-secret-too", 1), NewTopic("pub-open-too", 1)]))
        done(admin.create_acls([acl("pub-open-too", AclOperation.READ)]))
        eventually(lambda: assigned(of_alice) == {"pub-open", "pub-open-too"}, timeout_s=40)
        done(admin.delete_acls([anything("pub-open-too")]))
        eventually(lambda: assigned(of_alice) == {"pub-open"}, timeout_s=40)
    finally:
        of_alice.close()


def test_markers_of_transactions_are_for_who_acts_for_the_cluster(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic("t", 1)]))

    def mark():
        with Raw(address(bus, 9094)) as raw:
            raw.handshake("PLAIN")
            assert raw.authenticate(b"\0alice\0a")[0] == 0
            return raw.abort_marker("t", 7)
    assert mark() == KafkaError.CLUSTER_AUTHORIZATION_FAILED
    done(admin.create_acls([acl("kafka-cluster", AclOperation.CLUSTER_ACTION, resource=ResourceType.BROKER)]))
    assert mark() == KafkaError.NO_ERROR


def raw_as(bus, user, password):
    raw = Raw(address(bus, 9094))
    raw.handshake("PLAIN")
    assert raw.authenticate(f"\0{user}\0{password}".encode())[0] == 0
    return raw


def test_ends_of_epochs_are_for_who_describes_a_topic_or_acts_for_the_cluster(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic("t", 1)]))
    with raw_as(bus, "alice", "a") as raw:
        def ask(topic):
            asked = {"topic": topic, "partitions": [{"partition": 0, "current_leader_epoch": -1, "leader_epoch": 0}]}
            return raw.call("offset_for_leader_epoch", 4, replica_id=-1, topics=[asked])["topics"][0]["partitions"][0]["error_code"]
        assert ask("t") == KafkaError.TOPIC_AUTHORIZATION_FAILED
        done(admin.create_acls([acl("kafka-cluster", AclOperation.CLUSTER_ACTION, resource=ResourceType.BROKER)]))
        assert ask("t") == KafkaError.NO_ERROR
        assert ask("none") == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_pages_of_all_topics_are_of_those_that_a_client_may_describe(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic(name, 1) for name in ("a-secret", "b-open", "c-secret", "d-open", "e-secret")]))
    for name in ("b-open", "d-open"):
        done(admin.create_acls([acl(name, AclOperation.DESCRIBE)]))
    with raw_as(bus, "alice", "a") as raw:
        def page(limit, cursor=None):
            got = raw.call("describe_topic_partitions", 0, topics=[], response_partition_limit=limit,
                           cursor=cursor and {"topic_name": cursor, "partition_index": 0})
            return [t["name"] for t in got["topics"]], got["next_cursor"] and got["next_cursor"]["topic_name"]
        assert page(1) == (["b-open"], "d-open")
        assert page(1, "d-open") == (["d-open"], None)
        assert page(1, "a-secret") == (["b-open"], "d-open")
        assert page(2) == (["b-open", "d-open"], None)


def test_hidden_topics_are_refused_as_kafka_refuses_them(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("hidden", 1), NewTopic("seen", 1)]))
    done(admin.create_acls([acl(name, AclOperation.DESCRIBE) for name in ("seen", "gone")]))
    denied, not_told = KafkaError.TOPIC_AUTHORIZATION_FAILED, -1 << 31
    with raw_as(bus, "admin", "root") as raw:
        ids = {t["name"]: t["topic_id"] for t in raw.call("metadata", 12, topics=[{"name": "hidden"}, {"name": "seen"}])["topics"]}
    with raw_as(bus, "alice", "a") as raw:
        by_id = raw.call("metadata", 12, topics=[{"name": None, "topic_id": ids["hidden"]}], include_topic_authorized_operations=True)
        assert [(t["error_code"], t["name"], t["topic_authorized_operations"]) for t in by_id["topics"]] == [(denied, None, not_told)]
        alone = raw.call("describe_topic_partitions", 0, topics=[{"name": "hidden"}], response_partition_limit=1, cursor=None)
        assert [(t["error_code"], t["topic_authorized_operations"]) for t in alone["topics"]] == [(denied, not_told)]

    of_alice = AdminClient(alice)

    def deleting(name):
        with pytest.raises(KafkaException) as refused:
            done(of_alice.delete_topics([name]))
        return refused.value.args[0].code()
    # Who may describe a topic may know that there is none.
    assert [deleting(name) for name in ("hidden", "hidden-and-gone", "seen", "gone")] == [
        denied, denied, denied, KafkaError.UNKNOWN_TOPIC_OR_PART]


def test_rules_are_found_by_the_names_of_filters(guarded):
    """Comparing each filter with each rule would keep all clients waiting for longer than this one's time-out."""
    bus, admin, _ = guarded
    topic, prefixed, read, allow = 2, 4, 3, 3
    rules = [{"resource_type": topic, "resource_pattern_type": prefixed, "resource_name": f"plant.machine-{number:05}.",
              "principal": "User:alice", "host": "*", "operation": read, "permission_type": allow} for number in range(40_000)]
    filters = [{"resource_type_filter": topic, "pattern_type_filter": prefixed, "resource_name_filter": r["resource_name"],
                "principal_filter": None, "host_filter": None, "operation": read, "permission_type": allow} for r in rules]
    with raw_as(bus, "admin", "root") as raw:
        raw.call("create_acls", 3, creations=rules)
        deleted = raw.call("delete_acls", 3, filters=filters)["filter_results"]
        assert [[m["resource_name"] for m in d["matching_acls"]] for d in deleted] == [[r["resource_name"]] for r in rules]
    assert admin.describe_acls(anything()).result(20) == []


def test_who_may_delete_of_the_cluster_may_delete_every_topic(guarded):
    _, admin, alice = guarded
    done(admin.create_topics([NewTopic("a", 1)]))
    done(admin.create_acls([acl("kafka-cluster", AclOperation.DELETE, resource=ResourceType.BROKER)]))
    as_alice = AdminClient(alice)
    done(as_alice.delete_topics(["a"]))
    assert "a" not in admin.list_topics(timeout=20).topics


def test_versions_of_add_partitions_that_brokers_use_are_for_who_acts_for_the_cluster(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic("t", 1)]))
    done(admin.create_acls([acl("t", AclOperation.WRITE), acl("tx", AclOperation.WRITE, resource=ResourceType.TRANSACTIONAL_ID)]))
    with Raw(address(bus, 9094)) as raw:
        raw.handshake("PLAIN")
        assert raw.authenticate(b"\0alice\0a")[0] == 0
        producer = raw.new_producer("tx")
        assert raw.verify_partition("tx", producer, "t") == KafkaError.CLUSTER_AUTHORIZATION_FAILED
        done(admin.create_acls([acl("kafka-cluster", AclOperation.CLUSTER_ACTION, resource=ResourceType.BROKER)]))
        assert raw.verify_partition("tx", producer, "t") == KafkaError.NO_ERROR


def test_a_host_is_an_address_however_it_is_written(start):
    bus = start("--listeners", "PLAINTEXT://[::1]:9094", "--authorizer", "true", "--allow-everyone-if-no-acl-found", "true")
    here = {"bootstrap.servers": f"[::1]:{9094 + bus.offset}"}
    admin = AdminClient(here)
    done(admin.create_topics([NewTopic("t", 1)]))
    long = "0:0:0:0:0:0:0:1"  # as Kafka writes it
    done(admin.create_acls([acl("t", AclOperation.ALL, "User:*"),
                            acl("t", AclOperation.WRITE, "User:*", verdict=AclPermissionType.DENY, host=long)]))
    assert produce(here, "t", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    assert {a.host for a in admin.describe_acls(anything("t")).result(20)} == {"*", long}


@pytest.mark.parametrize("written, why", [("admin", "'admin' is not TYPE:NAME"), ("User:a;:b", "':b' is not TYPE:NAME"),
                                          ("User:a,User:b", "semicolons, not commas")])
def test_super_users_are_principals(tmp_path, written, why):
    done = subprocess.run([MES, "bus", "--data", str(tmp_path), "--listeners", "PLAINTEXT://127.0.0.1:0", "--super-users", written,
                           "--otlp", "none", "--log-host", ""], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and why in done.stdout + done.stderr


def test_without_an_authorizer_acls_are_refused_cleanly(start):
    bus = start()
    with Raw(bus.address) as raw:  # librdkafka does not hand that answer's error on
        assert raw.describe_acls() == (KafkaError.SECURITY_DISABLED, "No Authorizer is configured.")
    admin = AdminClient({"bootstrap.servers": bus.address})
    with pytest.raises(KafkaException) as off:
        done(admin.create_acls([acl("orders", AclOperation.ALL)]))
    assert off.value.args[0].code() == KafkaError.SECURITY_DISABLED


def test_advertised_addresses(start):
    bus = start("--listeners", "PLAINTEXT://127.0.0.1:9092,INSIDE://127.0.0.1:9095", "--listener-security-protocol-map",
                "INSIDE:PLAINTEXT", "--advertised-listeners", "INSIDE://bus.plant.example:19092")
    (here,) = AdminClient({"bootstrap.servers": bus.address}).list_topics(timeout=20).brokers.values()
    assert f"{here.host}:{here.port}" == bus.address
    (inside,) = AdminClient({"bootstrap.servers": address(bus, 9095)}).list_topics(timeout=20).brokers.values()
    assert (inside.host, inside.port) == ("bus.plant.example", 19092)
