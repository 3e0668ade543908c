"""A few requests of Kafka's protocol by hand, for what client libraries do not let one do."""
import socket
import struct

from differential.codec import read_response, request_frame

PRODUCE, FETCH, LIST_OFFSETS = 0, 1, 2
OFFSET_COMMIT, OFFSET_FETCH, DELETE_GROUPS, OFFSET_DELETE = 8, 9, 42, 47
SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 17, 18, 36
INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN, END_TXN, WRITE_TXN_MARKERS, TXN_OFFSET_COMMIT = 22, 24, 25, 26, 27, 28
DESCRIBE_ACLS, INCREMENTAL_ALTER_CONFIGS = 29, 44
DESCRIBE_CLIENT_QUOTAS, ALTER_CLIENT_QUOTAS = 48, 49


def string(text):
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text.encode())) + text.encode()


def data(value):
    return struct.pack(">i", len(value)) + value


class Reader:
    def __init__(self, bytes_):
        self.bytes, self.at = bytes_, 0

    def take(self, form):
        size = struct.calcsize(">" + form)
        (value,) = struct.unpack(">" + form, self.bytes[self.at:self.at + size])
        self.at += size
        return value

    def string(self):
        size = self.take("h")
        if size < 0:
            return None
        self.at += size
        return self.bytes[self.at - size:self.at].decode()

    def data(self):
        size = self.take("i")
        self.at += size
        return self.bytes[self.at - size:self.at]

    def array(self, item):
        return [item() for _ in range(self.take("i"))]


class Closed(Exception):
    pass


class Raw:
    def __init__(self, address, client_id="raw", timeout=20):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)
        self.client_id, self.correlation = client_id, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _read(self, size):
        out = b""
        while len(out) < size:
            try:
                part = self.socket.recv(size - len(out))
            except ConnectionError as fault:
                raise Closed from fault
            if not part:
                raise Closed
            out += part
        return out

    def frame(self, body):
        """Sends one frame, returns the frame that comes back."""
        try:
            self.socket.sendall(struct.pack(">i", len(body)) + body)
        except ConnectionError as fault:
            raise Closed from fault
        (size,) = struct.unpack(">i", self._read(4))
        return self._read(size)

    def request(self, key, version, body=b""):
        """Of a version that is not flexible. Returns a reader of the answer's body."""
        self.correlation += 1
        answer = Reader(self.frame(struct.pack(">hhi", key, version, self.correlation) + string(self.client_id) + body))
        assert answer.take("i") == self.correlation
        return answer

    def send(self, name, version, **body):
        """Any request, by the tables of contracts/kafka/; what is left out is null or nothing. Does not wait."""
        self.socket.sendall(request_frame(name, version, body, client_id=self.client_id))

    def receive(self, name, version):
        """The answer to it as a dict."""
        return read_response(name, version, self._read(*struct.unpack(">i", self._read(4))))[1]

    def call(self, name, version, **body):
        self.send(name, version, **body)
        return self.receive(name, version)

    def handshake(self, mechanism, version=1):
        answer = self.request(SASL_HANDSHAKE, version, string(mechanism))
        return answer.take("h"), answer.array(answer.string)

    def authenticate(self, message):
        """Error code, error message, the mechanism's message, the session's lifetime in ms."""
        answer = self.request(SASL_AUTHENTICATE, 1, data(message))
        return answer.take("h"), answer.string(), answer.data(), answer.take("q")

    def describe_acls(self):
        """Of everything: error code and message."""
        anything, none = struct.pack(">b", 1), string(None)
        answer = self.request(DESCRIBE_ACLS, 1, anything + none + anything + none + none + anything + anything)
        answer.take("i")
        return answer.take("h"), answer.string()

    def new_producer(self, transactional_id=None, timeout_ms=60_000):
        """Its id and epoch."""
        answer = self.request(INIT_PRODUCER_ID, 1, string(transactional_id) + struct.pack(">i", timeout_ms))
        answer.take("i")
        assert answer.take("h") == 0
        return answer.take("q"), answer.take("h")

    def produce(self, topic, partition, records, transactional_id=None):
        """One batch: error code."""
        body = string(transactional_id) + struct.pack(">hii", -1, 20_000, 1) + string(topic) + struct.pack(">ii", 1, partition) + data(records)
        answer = self.request(PRODUCE, 3, body)
        assert answer.take("i") == 1 and answer.string() == topic and answer.take("i") == 1 and answer.take("i") == partition
        return answer.take("h")

    def join(self, group, topics, session_timeout_ms=60_000):
        """A static member of the classic protocol, alone in its group, that subscribes to these topics and has its
        assignment; how later requests name it."""
        subscription = struct.pack(">hi", 1, len(topics)) + b"".join(map(string, topics)) + struct.pack(">ii", -1, 0)
        own = {"group_id": group, "group_instance_id": "i"}
        joined = self.call("join_group", 5, **own, member_id="", session_timeout_ms=session_timeout_ms, rebalance_timeout_ms=60_000,
                           protocol_type="consumer", protocols=[{"name": "range", "metadata": subscription}])
        assert joined["error_code"] == 0
        own |= {"member_id": joined["member_id"], "generation_id": joined["generation_id"]}
        assert self.call("sync_group", 3, **own, assignments=[])["error_code"] == 0
        return own

    # Offsets of partition 0; each returns the error code.

    def commit_offset(self, group, topic, offset):
        return self._of_partition(OFFSET_COMMIT, 2, string(group) + struct.pack(">i", -1) + string("") + struct.pack(">q", -1), topic,
                                  struct.pack(">q", offset) + string(""))

    def delete_offset(self, group, topic):
        return self._of_partition(OFFSET_DELETE, 0, string(group), topic)

    def delete_group(self, group):
        answer = self.request(DELETE_GROUPS, 0, struct.pack(">i", 1) + string(group))
        assert answer.take("i") == 0 and answer.take("i") == 1 and answer.string() == group
        return answer.take("h")

    def send_offset(self, transactional_id, producer, group, topic, offset):
        """In a transaction (AddOffsetsToTxn, TxnOffsetCommit)."""
        begin = string(transactional_id)
        answer = self.request(ADD_OFFSETS_TO_TXN, 0, begin + struct.pack(">qh", *producer) + string(group))
        answer.take("i")
        return answer.take("h") or self._of_partition(TXN_OFFSET_COMMIT, 0, begin + string(group) + struct.pack(">qh", *producer), topic,
                                                      struct.pack(">q", offset) + string(""))

    def end(self, transactional_id, producer, commit=True):
        answer = self.request(END_TXN, 0, string(transactional_id) + struct.pack(">qh?", *producer, commit))
        answer.take("i")
        return answer.take("h")

    def committed_offset(self, group, topic):
        """-1: none."""
        answer = self.request(OFFSET_FETCH, 1, string(group) + struct.pack(">i", 1) + string(topic) + struct.pack(">ii", 1, 0))
        assert answer.take("i") == 1 and answer.string() == topic and answer.take("i") == 1 and answer.take("i") == 0
        offset = answer.take("q")
        answer.string()
        assert answer.take("h") == 0
        return offset

    def _of_partition(self, key, version, head, topic, tail=b""):
        answer = self.request(key, version, head + struct.pack(">i", 1) + string(topic) + struct.pack(">ii", 1, 0) + tail)
        if key == OFFSET_DELETE and (error := answer.take("h")):
            return error
        if key != OFFSET_COMMIT:
            answer.take("i")  # throttle time
        assert answer.take("i") == 1 and answer.string() == topic and answer.take("i") == 1 and answer.take("i") == 0
        return answer.take("h")

    def abort_marker(self, topic, producer_id):
        """Ends a producer's transaction in partition 0 (WriteTxnMarkers, whose first version is flexible): error code."""
        one, no_tags, name = b"\x02", b"\0", bytes([len(topic) + 1]) + topic.encode()
        body = one + struct.pack(">qhb", producer_id, 0, 0) + one + name + one + struct.pack(">i", 0) + no_tags + struct.pack(">i", 0)
        frame = struct.pack(">hhi", WRITE_TXN_MARKERS, 1, 0) + string(self.client_id) + no_tags + body + no_tags + no_tags
        answer = Reader(self.frame(frame))
        answer.at = 4 + 1 + 1 + 8 + 1 + len(name) + 1 + 4  # correlation, tags, arrays of one, producer id, partition
        return answer.take("h")

    def verify_partition(self, transactional_id, producer, topic):
        """AddPartitionsToTxn as brokers ask one another (version 4, which is flexible): the error code of it all."""
        one, no_tags, false, name = b"\x02", b"\0", b"\0", lambda text: bytes([len(text) + 1]) + text.encode()
        body = one + name(transactional_id) + struct.pack(">qh", *producer) + false
        body += one + name(topic) + one + struct.pack(">i", 0) + no_tags + no_tags
        frame = struct.pack(">hhi", ADD_PARTITIONS_TO_TXN, 4, 0) + string(self.client_id) + no_tags + body + no_tags
        answer = Reader(self.frame(frame))
        answer.at = 4 + 1 + 4  # correlation, tags, throttle time
        return answer.take("h")

    def change_config(self, kind, name, key, value):
        """Sets one configuration, or deletes it (None): error code and message."""
        one = struct.pack(">i", 1)
        body = one + struct.pack(">b", kind) + string(name) + one + string(key)
        body += struct.pack(">b", value is None) + string(value) + b"\0"
        answer = self.request(INCREMENTAL_ALTER_CONFIGS, 0, body)
        answer.take("i")
        assert answer.take("i") == 1
        return answer.take("h"), answer.string()

    def fetch(self, topic, partition, offset=0, version=10):
        """The batches of one partition from there on, as they are stored: error code and bytes. Versions 4 and 10."""
        newer = version >= 10
        body = struct.pack(">iiiib", -1, 1000, 1, 1 << 24, 0)
        body += struct.pack(">ii", 0, -1) if newer else b""
        body += struct.pack(">i", 1) + string(topic) + struct.pack(">ii", 1, partition)
        body += struct.pack(">iqqi", -1, offset, -1, 1 << 24) + struct.pack(">i", 0) if newer else struct.pack(">qi", offset, 1 << 24)
        answer = self.request(FETCH, version, body)
        answer.take("i")
        if newer:
            assert answer.take("h") == 0
            answer.take("i")
        assert answer.take("i") == 1 and answer.string() == topic and answer.take("i") == 1
        assert answer.take("i") == partition
        error = answer.take("h")
        answer.take("q"), answer.take("q")
        if newer:
            answer.take("q")
        answer.array(lambda: answer.take("q") and answer.take("q"))
        return error, answer.data()

    def alter_quota(self, entity, **ops):
        """entity: {"user": "alice", "client-id": None}; None of a value removes it, None as a name is the default."""
        def pairs(items, each):
            return struct.pack(">i", len(items)) + b"".join(each(*i) for i in items.items())
        body = struct.pack(">i", 1) + pairs(entity, lambda k, v: string(k) + string(v))
        body += pairs(ops, lambda k, v: string(k) + struct.pack(">d?", v or 0.0, v is None)) + b"\0"
        answer = self.request(ALTER_CLIENT_QUOTAS, 0, body)
        answer.take("i")
        assert answer.take("i") == 1
        return answer.take("h"), answer.string()

    def quotas(self, components=(), strict=False):
        """components: (entity type, match type, name). Returns [(entity, values)]."""
        body = struct.pack(">i", len(components))
        body += b"".join(string(t) + struct.pack(">b", m) + string(n) for t, m, n in components) + struct.pack(">?", strict)
        answer = self.request(DESCRIBE_CLIENT_QUOTAS, 0, body)
        answer.take("i")
        assert answer.take("h") == 0, answer.string()
        answer.string()
        return answer.array(lambda: (dict(answer.array(lambda: (answer.string(), answer.string()))),
                                     dict(answer.array(lambda: (answer.string(), answer.take("d"))))))
