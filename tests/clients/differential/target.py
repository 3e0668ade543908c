"""One broker under comparison: raw connections to it, and the names of the ids that it gave."""
import socket
import struct
import time

from codec import Malformed, read_response, request_frame

CLOSED, SILENT = "<the connection was closed>", "<no answer>"


class Target:
    """Ids differ from broker to broker, so a script writes `Ref("producer a")` and the answers show `<producer a>`."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        self.ids = {}     # name -> the id here
        self.sockets = {}
        self.waiting = {}

    def connection(self, client):
        if client not in self.sockets:
            host, port = self.address.split(":")
            self.sockets[client] = socket.create_connection((host, int(port)), 10)
            self.sockets[client].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.sockets[client]

    def close(self, client=None):
        for name in [client] if client else list(self.sockets):
            if name in self.sockets:
                self.sockets.pop(name).close()

    def send(self, client, api, version, body):
        body = self.resolve(body)
        self.connection(client).sendall(request_frame(api, version, body, client_id=client))
        self.waiting[client] = (api, version)

    def post(self, client, api, version, body):
        """On a connection that is there; what comes is for the next request."""
        self.connection(client).sendall(request_frame(api, version, self.resolve(body), client_id=client))

    def receive(self, client, timeout_s=15):
        """The answer as a dict, or CLOSED, SILENT, or text that says how it breaks the protocol."""
        api, version = self.waiting.pop(client)
        frame = self.receive_frame(client, timeout_s)
        return read_answer(api, version, frame) if isinstance(frame, bytes) else frame

    def receive_frame(self, client, timeout_s):
        connection = self.connection(client)
        connection.settimeout(timeout_s)
        try:
            head = _exactly(connection, 4)
            return _exactly(connection, struct.unpack(">i", head)[0])
        except TimeoutError:
            self.close(client)
            return SILENT
        except (ConnectionError, EOFError):
            self.close(client)
            return CLOSED

    def call(self, api, version, body, client="a"):
        try:
            self.send(client, api, version, body)
        except ConnectionError:
            self.close(client)
            return CLOSED
        return self.receive(client)

    def raw(self, frame, client="raw", timeout_s=2):
        """Bytes of an answer to bytes, on a connection of its own."""
        self.close(client)
        self.connection(client).sendall(frame)
        answer = self.receive_frame(client, timeout_s)
        self.close(client)
        return answer

    def until(self, api, version, body, done, timeout_s=30):
        """Asks again until the answer satisfies: brokers make topics, coordinators and leaders known a little later."""
        deadline = time.monotonic() + timeout_s
        while True:
            answer = self.call(api, version, body, client="settle")
            if isinstance(answer, dict) and done(answer):
                return answer
            assert time.monotonic() < deadline, f"{self.name}: {api} {body} still answers {answer}"
            time.sleep(0.02)

    def resolve(self, value):
        if isinstance(value, Ref):
            return self.ids.get(value.name, value.default)
        if isinstance(value, dict):
            return {k: self.resolve(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolve(v) for v in value]
        return value(self) if callable(value) else value

    def symbols(self, value):
        """The answer with this broker's ids replaced by their names."""
        if isinstance(value, dict):
            return {k: self.named(k, v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.symbols(v) for v in value]
        if isinstance(value, bool) or value in (None, "", 0, -1, b""):
            return value
        for name, known in self.ids.items():
            if type(known) is type(value) and known == value and not isinstance(value, int):
                return f"<{name}>"
        return value

    def named(self, field, value):
        if field == "producer_id":
            return self.producer(value)
        if field in ("timestamp", "log_append_time_ms") and abs(value / 1000 - time.time()) < 86400:
            return "<now>"
        return self.symbols(value)

    def producer(self, known):
        names = [name for name, value in self.ids.items() if name.startswith("producer ") and value == known]
        return f"<{names[0]}>" if names else "<a producer of before>" if known >= 0 else known


def read_answer(api, version, frame):
    """As a dict, or text that says how it breaks the protocol."""
    if api == "api_versions" and frame[4:6] == b"\0\x23":  # a version that the broker lacks: answered as version 0
        version = 0
    try:
        return read_response(api, version, frame)[1]
    except Malformed as fault:
        return f"<unreadable: {fault}: {frame.hex()}>"


class Ref:
    def __init__(self, name, default=None):
        self.name, self.default = name, default

    def __repr__(self):
        return f"<{self.name}>"


def _exactly(connection, size):
    data = bytearray()
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
