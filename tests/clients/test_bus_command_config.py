"""`mes bus COMMAND --command-config FILE`: files as Kafka's own tools take them, against listeners with TLS and SASL."""
import os
import shutil
import subprocess
import time

import apache_kafka
import pytest
from confluent_kafka import Producer

from bus import MES, Bus, kcat
from conftest import needs_kafka
from tests.support import tokens
from tests.support.key_server import key_server
from tests.support.token_endpoint import token_endpoint


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Certificates: ca.pem signs server and client; the client's also as one PEM file, and all of it as PKCS #12."""
    at = tmp_path_factory.mktemp("certificates")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", at / "ca.key", "-out", at / "ca.pem", "-subj", "/CN=ca", "-days", 2)
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")):
        (at / "ext").write_text(extension)
        openssl("req", *curve, "-keyout", at / f"{name}.key", "-out", at / f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", at / f"{name}.csr", "-CA", at / "ca.pem", "-CAkey", at / "ca.key", "-CAcreateserial", "-days", 2,
                "-extfile", at / "ext", "-out", at / f"{name}.pem")
    (at / "client-both.pem").write_text((at / "client.key").read_text() + (at / "client.pem").read_text())
    openssl("pkcs12", "-export", "-inkey", at / "client.key", "-in", at / "client.pem", "-out", at / "client.p12", "-passout", "pass:key secret")
    openssl("pkcs12", "-export", "-nokeys", "-in", at / "ca.pem", "-out", at / "trust.p12", "-passout", "pass:trust secret")
    (at / "java.jks").write_bytes(b"\xfe\xed\xfe\xed" + bytes(40))
    (at / "text.pem").write_text("no certificate\n")
    users = at / "users.yaml"
    users.write_text('users:\n  - name: alice\n    password: "a se;cret\\""\n')
    users.chmod(0o600)
    return at


@pytest.fixture(scope="module")
def private_key_and_set():
    with key_server() as key:
        yield key


@pytest.fixture(scope="module")
def bus(tmp_path_factory, folder, private_key_and_set):
    running = Bus(tmp_path_factory.mktemp("bus"), "--listeners", "PLAINTEXT://127.0.0.1:9092,SASL_SSL://127.0.0.1:9093,SSL://127.0.0.1:9094,SASL_PLAINTEXT://127.0.0.1:9095",
                  "--ssl-certificate", str(folder / "server.pem"), "--ssl-key", str(folder / "server.key"), "--ssl-client-auth", "requested",
                  "--ssl-client-ca", str(folder / "ca.pem"), "--sasl-users", str(folder / "users.yaml"), "--oauthbearer-jwks-url", private_key_and_set[1],
                  "--authorizer", "true", "--super-users", "User:alice;User:CN=client;User:erp;User:ANONYMOUS").start()
    kcat(running, "-P", "-t", "t", "-p", "0", stdin="one\ntwo\n")
    yield running
    running.stop()


@pytest.fixture
def run(bus, tmp_path):
    def command(lines, *arguments, code=0, port=9093):
        config = tmp_path / "client.properties"
        config.write_text(lines if isinstance(lines, str) else "".join(f"{line}\n" for line in lines))
        done = subprocess.run([MES, "bus", *arguments, "--command-config", config, "--bus", f"127.0.0.1:{port + bus.offset}"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        return (done.stderr if code else done.stdout).replace(str(config), "FILE")
    return command


JAAS = r'org.apache.kafka.common.security.{}LoginModule required username="alice" password="a se;cret\\"";'


def sasl(folder, mechanism="PLAIN", module="plain.Plain"):
    return ["security.protocol=SASL_SSL", f"ssl.truststore.location={folder}/ca.pem", "ssl.truststore.type=PEM", f"sasl.mechanism={mechanism}",
            "sasl.jaas.config=" + JAAS.format(module)]


@pytest.mark.parametrize("mechanism, module", [("PLAIN", "plain.Plain"), ("SCRAM-SHA-256", "scram.Scram"), ("SCRAM-SHA-512", "scram.Scram")])
def test_by_name_and_password(run, folder, mechanism, module):
    assert "t" in run(sasl(folder, mechanism, module), "topics").split()


def test_every_command_takes_it(run, bus, folder):
    config = sasl(folder)
    assert [line.split()[-1] for line in run(config, "tail", "t", "--from", "earliest", "-e").splitlines()] == ["one", "two"]
    assert "t" in run(config, "reset-offsets", "g", "t", "--to", "latest")
    assert "g" in run(config, "groups").split()
    dead = Producer({"bootstrap.servers": bus.address})
    dead.produce("t.dlq", b"back", headers={"dlq_topic": "t"}, partition=0)
    assert dead.flush(20) == 0
    assert run(config, "redrive", "t.dlq").split()[-2:] == ["t", "1"]
    assert run(config, "tail", "t", "--from", "-1", "-e").split()[-1] == "back"
    shown = subprocess.run([MES, "bus", "verify", "--help"], capture_output=True, text=True, timeout=20).stdout
    assert "--command-config" not in shown, "it reads files"


def test_in_the_words_of_java_s_properties(run, folder):
    jaas = JAAS.format("plain.Plain").replace('"alice"', '\\\n    "alice"')
    assert "t" in run(f"# comment\n! too\n\n  security.protocol : SASL_SSL\r\nssl.truststore.location = {folder}/ca.pem\n"
                      f"sasl.mechanism PLAIN\nsasl.jaas.config={jaas}", "topics").split()


@pytest.mark.parametrize("store", [["ssl.truststore.location={}/ca.pem"], ["ssl.ca.location={}/ca.pem"],
                                   ["ssl.truststore.location={}/trust.p12", "ssl.truststore.password=trust secret"]])
@pytest.mark.parametrize("own", [["ssl.keystore.location={}/client-both.pem"],
                                 ["ssl.keystore.location={}/client.p12", "ssl.keystore.password=key secret", "ssl.keystore.type=PKCS12"],
                                 ["ssl.certificate.location={}/client.pem", "ssl.key.location={}/client.key"]])
def test_by_certificate(run, folder, store, own):
    assert "t" in run(["security.protocol=SSL", *(line.format(folder) for line in store + own)], "topics", port=9094).split()


@pytest.mark.parametrize("line_end", ["\\n\\\n", " \\\n    ", "\\\n"], ids=["escaped", "blank", "nothing"])
def test_pem_in_the_file_itself(run, folder, line_end):
    def inline(name):
        return (folder / name).read_text().strip().replace("\n", line_end)
    assert "t" in run(["security.protocol=SSL", "ssl.truststore.type=PEM", f"ssl.truststore.certificates={inline('ca.pem')}",
                       f"ssl.keystore.certificate.chain={inline('client.pem')}", f"ssl.keystore.key={inline('client.key')}"], "topics", port=9094).split()


def token_file(tmp_path, private, **claims):
    now = int(time.time())
    path = tmp_path / "token"
    path.write_text(tokens.sign({"alg": "RS256", "kid": "k1"}, {"iss": "mes-auth", "aud": "mes", "sub": "erp", "iat": now, "exp": now + 600, **claims},
                                private) + "\n")
    return ["security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", f"sasl.oauthbearer.token.endpoint.url=file://{path}",
            "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;"]


def test_by_a_token_in_a_file(run, folder, tmp_path, private_key_and_set):
    trust = f"ssl.truststore.location={folder}/ca.pem"
    assert "t" in run([*token_file(tmp_path, private_key_and_set[0]), trust], "topics").split()
    assert "SASL authentication" in run([*token_file(tmp_path, tokens.new_private_key()), trust], "topics", code=1)
    assert "expired" in run([*token_file(tmp_path, private_key_and_set[0], exp=1_000_000), trust], "topics", code=2)


# How a file may say who asks the identity provider: as Kafka's clients up to 4.0, from 4.1 on, and as librdkafka's.
OIDC = {
    "jaas": ["sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId=\"erp\" clientSecret=\"{}\" scope=\"bus\";"],
    "properties": ["sasl.oauthbearer.client.credentials.client.id=erp", "sasl.oauthbearer.client.credentials.client.secret={}", "sasl.oauthbearer.scope=bus"],
    "librdkafka": ["sasl.oauthbearer.method=oidc", "sasl.oauthbearer.client.id=erp", "sasl.oauthbearer.client.secret={}", "sasl.oauthbearer.scope=bus"],
}


@pytest.mark.parametrize("words", OIDC)
def test_by_a_token_of_an_identity_provider(run, folder, private_key_and_set, words):
    with token_endpoint(private_key_and_set[0], "erp", "open sesame") as (url, asked):
        lines = ["security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", f"ssl.truststore.location={folder}/ca.pem",
                 f"sasl.oauthbearer.token.endpoint.url={url}"]
        right = lines + [line.format("open sesame") for line in OIDC[words]]
        assert "t" in run(right, "topics").split()
        assert asked and all(form == {"grant_type": "client_credentials", "scope": "bus"} for form in asked)
        assert [line.split()[-1] for line in run(right, "tail", "t", "--from", "earliest", "-e").splitlines()][:2] == ["one", "two"]
        told = run(lines + [line.format("a secret guess") for line in OIDC[words]], "topics", code=2)
        assert "FILE:4: sasl.oauthbearer.token.endpoint.url gives no token: it answers 401 invalid_client" in told and "a secret guess" not in told


def test_a_token_of_a_provider_that_the_bus_does_not_trust(run, folder):
    with token_endpoint(tokens.new_private_key(), "erp", "open sesame") as (url, _):
        lines = ["security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", f"ssl.truststore.location={folder}/ca.pem",
                 f"sasl.oauthbearer.token.endpoint.url={url}", *(line.format("open sesame") for line in OIDC["jaas"])]
        assert "SASL authentication" in run(lines, "topics", code=1)


@pytest.mark.parametrize("port", [9093, 9094, 9095])
def test_who_comes_without_tls_or_sasl_is_told_what_it_may_be(bus, port):
    for command in (["topics"], ["groups", "g"], ["tail", "t"]):
        done = subprocess.run([MES, "bus", *command, "--bus", f"127.0.0.1:{port + bus.offset}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and f"127.0.0.1:{port + bus.offset}" in done.stderr, done.stderr
        assert "does the listener want TLS or SASL? (--command-config)" in done.stderr, done.stderr


def test_who_is_not_let_in_is_told_so_at_once(run, folder):
    started = time.monotonic()
    told = run([line.replace("alice", "mallory") for line in sasl(folder)], "topics", code=1)
    assert "SASL authentication error" in told and "a se" not in told
    for command in (["groups"], ["tail", "t"], ["reset-offsets", "g", "t", "--to", "latest"], ["redrive", "t.dlq"]):
        assert "SASL authentication error" in run([line.replace("alice", "mallory") for line in sasl(folder)], *command, code=1)
    untrusted = run([line for line in sasl(folder) if "truststore" not in line], "topics", code=1)
    assert "certificate verify failed" in untrusted
    assert time.monotonic() - started < 60


WRONG = {
    "FILE:2: ssl.trustsore.location is no setting": ["security.protocol=SSL", "ssl.trustsore.location=x"],
    "FILE:1: sasl.kerberos.service.name cannot be set here": ["sasl.kerberos.service.name=kafka"],
    "FILE:2: ssl.truststore.location cannot be read": ["security.protocol=SSL", "ssl.truststore.location=/nowhere"],
    "FILE:2: ssl.truststore.location is a JKS store": ["security.protocol=SSL", "ssl.truststore.location={}/java.jks"],
    "FILE:2: ssl.truststore.location is neither PEM nor PKCS #12": ["security.protocol=SSL", "ssl.truststore.location={}/text.pem"],
    "FILE:1: ssl.truststore.location cannot be read, maybe for a wrong password": ["ssl.truststore.location={}/trust.p12", "ssl.truststore.password=x"],
    "FILE:2: ssl.keystore.type is 'BKS'": ["security.protocol=SSL", "ssl.keystore.type=BKS"],
    "FILE: there is a certificate, but no key of it": ["security.protocol=SSL", "ssl.certificate.location={}/client.pem"],
    "FILE: sasl.mechanism is missing": ["security.protocol=SASL_SSL"],
    "FILE:2: sasl.mechanism is 'GSSAPI'": ["security.protocol=SASL_SSL", "sasl.mechanism=GSSAPI"],
    "FILE: the username for PLAIN is missing": ["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN"],
    "FILE: the password for PLAIN is missing": ["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN", "sasl.username=alice"],
    "FILE:3: sasl.jaas.config is wrong: it must end with ;": ["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN", "sasl.jaas.config=a.PlainLoginModule required"],
    "FILE:3: sasl.jaas.config names PlainLoginModule, but SCRAM-SHA-256 needs ScramLoginModule": [
        "security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-256", "sasl.jaas.config=a.PlainLoginModule required;"],
    "FILE: clientSecret is missing: in sasl.jaas.config, or as sasl.oauthbearer.client.secret": [
        "security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url=http://127.0.0.1:1/", "sasl.oauthbearer.client.id=erp"],
    "FILE:3: sasl.oauthbearer.token.endpoint.url cannot be asked": [
        "security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url=http://127.0.0.1:1/", *OIDC["librdkafka"]],
    "FILE:3: sasl.oauthbearer.method is 'default'": ["security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", "sasl.oauthbearer.method=default",
                                                     "sasl.oauthbearer.token.endpoint.url=http://127.0.0.1:1/"],
    "FILE: sasl.mechanism is set, but security.protocol is PLAINTEXT": ["sasl.mechanism=PLAIN"],
    "FILE: Bus client: security.protocol: Invalid value": ["security.protocol=TLS"],
    "FILE: Bus client: ": ["security.protocol=SSL", "request.timeout.ms=soon"],
}


@pytest.mark.parametrize("told", WRONG)
def test_what_is_wrong_is_told_with_its_line(run, folder, told):
    assert told in run([line.format(folder) for line in WRONG[told]], "topics", code=2)


def test_a_file_that_is_not_there(bus):
    done = subprocess.run([MES, "bus", "topics", "--command-config", "/nowhere/x"], capture_output=True, text=True, timeout=20,
                          env={**os.environ, "MES_BUS": bus.address})
    assert done.returncode == 2 and "/nowhere/x" in done.stderr


def test_the_bus_may_be_named_in_it(bus, folder, tmp_path):
    config = tmp_path / "client.properties"
    config.write_text("\n".join([*sasl(folder), f"bootstrap.servers=127.0.0.1:{9093 + bus.offset}"]))
    done = subprocess.run([MES, "bus", "topics"], capture_output=True, text=True, timeout=20,
                          env={**os.environ, "MES_BUS_COMMAND_CONFIG": str(config)})
    assert done.returncode == 0 and "t" in done.stdout.split(), done.stderr


@needs_kafka
@pytest.mark.skipif(not shutil.which("java"), reason="Java is not installed")
def test_kafka_s_own_tool_takes_the_same_file(bus, run, folder, tmp_path):
    run(sasl(folder, "SCRAM-SHA-512", "scram.Scram"), "topics")
    done = subprocess.run(apache_kafka.java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", f"127.0.0.1:{9093 + bus.offset}",
                                            "--command-config", str(tmp_path / "client.properties"), "--list"),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "t" in done.stdout.split(), done.stderr
