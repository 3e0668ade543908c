"""How tests come to a bus that lets in not everybody, and what they may do there."""
import time

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, ResourcePatternType,
                                   ResourceType)

from raw import Raw

AUTHENTICATION, SSL = KafkaError._AUTHENTICATION, KafkaError._SSL


def address(bus, port):
    return f"127.0.0.1:{port + bus.offset}"


def plain(bus, user, password, port=9094):
    return {"bootstrap.servers": address(bus, port), "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
            "sasl.username": user, "sasl.password": password}


def tls(bus, **more):
    return {"bootstrap.servers": address(bus, 9093), "security.protocol": "SSL",
            "ssl.ca.location": str(bus.data / "bus/certificate.pem"), **more}


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


def raw_as(bus, user, password):
    raw = Raw(address(bus, 9094))
    raw.handshake("PLAIN")
    assert raw.authenticate(f"\0{user}\0{password}".encode())[0] == 0
    return raw


def acl(name, what, who="User:alice", resource=ResourceType.TOPIC, pattern=ResourcePatternType.LITERAL,
        verdict=AclPermissionType.ALLOW, host="*"):
    return AclBinding(resource, name, pattern, who, host, what, verdict)


def anything(name=None, pattern=ResourcePatternType.ANY, who=None):
    return AclBindingFilter(ResourceType.ANY, name, pattern, who, None, AclOperation.ANY, AclPermissionType.ANY)


def done(futures):
    return [f.result(20) for f in futures.values()]
