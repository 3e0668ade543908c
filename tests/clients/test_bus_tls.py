"""Who gets in by TLS and mutual TLS, with librdkafka's client and Python's ssl."""
import os
import ssl

import pytest
from confluent_kafka import KafkaError

from bus_access import SSL, address, consume, first_error, plain, produce, tls, users_file
from raw import Closed, Raw
from tests.support.certificates import Authority
from tests.support.wait import eventually


def client_of(certificate, key):
    return {"ssl.certificate.location": str(certificate), "ssl.key.location": str(key)}


def signed(by, name, subject=None, **more):
    return client_of(*by.sign(name, subject=subject, **more))


def test_tls_by_the_certificate_that_is_made_at_first_start(start_bus):
    bus = start_bus("--listeners", "PLAINTEXT://127.0.0.1:9092,SSL://127.0.0.1:9093")
    values = [os.urandom(200_000) for _ in range(30)]  # far more than a TLS record or a socket's buffer
    assert produce(tls(bus, **{"linger.ms": 20}), "over-tls", *values) == [None] * 30
    assert sorted(consume(tls(bus), "over-tls", 30)) == sorted(values)
    # Each listener tells of itself: the plain one still works beside.
    assert sorted(consume({"bootstrap.servers": bus.address}, "over-tls", 30, "plain")) == sorted(values)
    assert (bus.data / "bus/key.pem").stat().st_mode & 0o077 == 0
    del_ca = {k: v for k, v in tls(bus).items() if k != "ssl.ca.location"}
    # librdkafka tells it as either, as its handshake happens to end.
    assert first_error(del_ca, lambda e: "certificate verify failed" in e.str()) in (SSL, KafkaError._TRANSPORT)


def test_mutual_tls_names_the_client(start_bus, tmp_path):
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    alice = signed(ours, "alice", "/C=DE/O=Plant, north/OU=line 7/CN=alice")
    bob = signed(ours, "bob")
    stranger = signed(other, "stranger", "/CN=alice")
    bus = start_bus("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "required", "--ssl-client-ca",
                str(ours.certificate), "--authorizer", "true", "--super-users",
                r"User:CN=alice,OU=line 7,O=Plant\, north,C=DE")  # as Java prints it (RFC 2253)
    assert produce(tls(bus, **alice), "named", b"1") == [None]
    assert produce(tls(bus, **bob), "named", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    for nobody in ({}, stranger):  # librdkafka keeps a certificate back that no named authority has signed
        assert first_error(tls(bus, **nobody), lambda e: "certificate required" in e.str()) == KafkaError._TRANSPORT


def test_certificates_are_mapped_to_short_names(start_bus, tmp_path):
    ours = Authority(tmp_path, "ours")
    alice = signed(ours, "alice", "/O=Plant/CN=Alice")
    bus = start_bus("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "requested", "--ssl-client-ca", str(ours.certificate),
                "--authorizer", "true", "--super-users", "User:alice", "--ssl-principal-mapping-rules",
                "RULE:^CN=(.*?),.*$/$1/L,DEFAULT")
    assert produce(tls(bus, **alice), "named", b"1") == [None]
    assert produce(tls(bus), "named", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]  # ANONYMOUS


def test_a_certificate_without_a_name_is_not_anonymous(start_bus, tmp_path):
    ours = Authority(tmp_path, "ours")
    nameless = signed(ours, "nameless", "/")
    settings = ("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "requested", "--ssl-client-ca", str(ours.certificate),
                "--authorizer", "true", "--super-users", "User:ANONYMOUS")
    bus = start_bus(*settings)
    assert produce(tls(bus), "named", b"1") == [None]  # who shows none is ANONYMOUS
    assert produce(tls(bus, **nameless), "named", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    bus.stop()
    bus = start_bus(*settings, "--ssl-principal-mapping-rules", "RULE:^CN=(.*?),.*$/$1/L")
    assert produce({**tls(bus, **nameless), "message.timeout.ms": 3000}, "named", b"1") == [KafkaError._MSG_TIMED_OUT]


def test_the_log_says_why_a_certificate_does_not_let_in(start_bus, tmp_path):
    ours = Authority(tmp_path, "ours")
    clients = {"expired": signed(ours, "expired", days=-1),
               "nobody": signed(ours, "nobody")}
    itself = Authority(tmp_path, "itself")
    clients["itself"] = client_of(itself.certificate, itself.key)
    bus = start_bus("--listeners", "SSL://127.0.0.1:9093", "--ssl-client-auth", "required", "--ssl-client-ca", str(ours.certificate),
                "--ssl-principal-mapping-rules", "RULE:^CN=(press-.*)$/$1/")
    for name, why in (("expired", "certificate has expired"), ("itself", "self-signed certificate"),
                      ("nobody", "no rule of ssl_principal_mapping_rules matches CN=nobody")):
        context = ssl.create_default_context(cafile=bus.data / "bus/certificate.pem")
        context.load_cert_chain(clients[name]["ssl.certificate.location"], clients[name]["ssl.key.location"])
        with pytest.raises((OSError, Closed)), Raw(address(bus, 9093)) as raw:
            raw.socket = context.wrap_socket(raw.socket, server_hostname="localhost")
            raw.request(18, 0)
        eventually(lambda: why in (bus.data / "bus.log").read_text())


def test_certificates_are_asked_for_where_no_sasl_says_who_comes(start_bus, tmp_path):
    """KIP-684: of ssl.client.auth, SASL_SSL listeners take nothing."""
    ours = Authority(tmp_path, "ours")
    bus = start_bus("--listeners", "SSL://127.0.0.1:9093,SASL_SSL://127.0.0.1:9095", "--ssl-client-auth", "required", "--ssl-client-ca",
                str(ours.certificate), "--sasl-users", users_file(tmp_path, alice="a"))
    by_password = tls(bus) | plain(bus, "alice", "a", 9095) | {"security.protocol": "SASL_SSL"}
    assert produce(by_password, "with-a-password", b"1") == [None]
    assert first_error(tls(bus), lambda e: "certificate required" in e.str()) == KafkaError._TRANSPORT
