"""Clients of every protocol that ask on and on, and what was not answered as it should be.

A client is open(), ask(n), which says what came in place of what should have, and close().
"""
import http.client
import queue
import socket
import ssl
import threading

import grpc
from websockets.sync.client import connect

from http2_frames import ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame

PATIENCE_S = 30


class Http1:
    def __init__(self, gateway, path, tls=False):
        self.gateway, self.path, self.tls = gateway, path, tls

    def open(self):
        self.connection = (http.client.HTTPSConnection("127.0.0.1", self.gateway.tls_port, timeout=PATIENCE_S,
                                                       context=ssl._create_unverified_context()) if self.tls
                           else http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=PATIENCE_S))

    def ask(self, n):
        target = f"{self.path}/{n}"
        self.connection.request("GET", target)
        answer = self.connection.getresponse()
        body = answer.read().decode()
        return None if (answer.status, body) == (200, target) else (answer.status, body[:200])

    def close(self):
        self.connection.close()


class Http2:
    """Asks on three streams at once."""

    def __init__(self, gateway, path, tls=False):
        self.gateway, self.path, self.tls = gateway, path, tls

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.gateway.tls_port if self.tls else self.gateway.port), PATIENCE_S)
        if self.tls:
            context = ssl._create_unverified_context()
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0))
        self.answers, self.next_stream = self.socket.makefile("rb"), 1

    def ask(self, n):
        wanted = {}
        for part in "abc":
            target = f"{self.path}/{n}/{part}".encode()
            fields = b"\x82\x04" + bytes([len(target)]) + target + (b"\x87" if self.tls else b"\x86") + b"\x41\x01a"
            self.socket.sendall(frame(HEADERS, END_HEADERS | END_STREAM, self.next_stream, fields))
            wanted[self.next_stream], self.next_stream = target, self.next_stream + 2
        answered = {stream: b"" for stream in wanted}
        ended = set()
        while ended != set(wanted):
            header = self.answers.read(9)
            payload = self.answers.read(int.from_bytes(header[:3], "big"))
            if not header:
                return "the connection was closed"
            kind, flags, stream = header[3], header[4], int.from_bytes(header[5:], "big")
            if kind in (GOAWAY, RST_STREAM) or kind == HEADERS and not payload.startswith(b"\x88"):  # :status 200
                return header, payload
            if kind == SETTINGS and not flags & ACK:
                self.socket.sendall(frame(SETTINGS, ACK, 0))
            if kind == DATA and payload:
                answered[stream] += payload
                self.socket.sendall(frame(WINDOW_UPDATE, 0, 0, len(payload).to_bytes(4, "big")))
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                ended.add(stream)
        return None if answered == wanted else answered

    def close(self):
        self.answers.close()
        self.socket.close()


class Grpc:
    """Calls of test.Greeter (grpc_service.py)."""

    def __init__(self, gateway):
        self.gateway = gateway

    def open(self):
        # gRPC shares connections between channels that are alike.
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.gateway.port}", [("grpc.use_local_subchannel_pool", 1)])

    def ask(self, n):
        said = self.channel.unary_unary("/test.Greeter/Say")(b"%d" % n, timeout=PATIENCE_S)
        listed = list(self.channel.unary_stream("/test.Greeter/List")(b"%d-" % n, timeout=PATIENCE_S))
        return None if (said, listed) == (b"hello %d" % n, [b"%d-%d" % (n, i) for i in range(5)]) else (said, listed)

    def close(self):
        self.channel.close()


class GrpcStream(Grpc):
    """One call for all questions."""

    def open(self):
        super().open()
        self.questions = queue.SimpleQueue()
        self.answers = self.channel.stream_stream("/test.Greeter/Chat")(iter(self.questions.get, None))

    def ask(self, n):
        self.questions.put(b"%d" % n)
        answer = next(self.answers)
        return None if answer == b"to %d" % n else answer

    def close(self):
        self.questions.put(None)
        super().close()


class WebSocket:
    def __init__(self, gateway):
        self.gateway = gateway

    def open(self):
        self.connection = connect(f"ws://127.0.0.1:{self.gateway.port}/ws", open_timeout=PATIENCE_S)

    def ask(self, n):
        self.connection.send(f"message {n}")
        answer = self.connection.recv(timeout=PATIENCE_S)
        return None if answer == f"message {n}" else answer

    def close(self):
        self.connection.close()


class Load:
    """A thread a client, whose connection is a new one each 50 questions; those in `held` keep theirs to the end."""

    def __init__(self, clients, held=()):
        self.stopping, self.asked, self.failures = threading.Event(), {}, []
        self.runs = [threading.Thread(target=self.run, args=(client, keeps), daemon=True)
                     for keeps, group in ((False, clients), (True, held)) for client in group]
        for run in self.runs:
            run.start()

    def run(self, client, keeps):
        count, opened, name = 0, False, type(client).__name__
        while not self.stopping.wait(0.01):
            try:
                if opened and count % 50 == 0 and not keeps:
                    client.close()
                    opened = False
                if not opened:
                    client.open()
                    opened = True
                wrong = client.ask(count)
            except Exception as problem:  # each is a failure that the test tells of
                wrong = repr(problem)
            if wrong is not None:
                self.failures.append((name, vars(client).get("path"), count, wrong))
                opened = False
            count += 1
            self.asked[client] = count
        if opened:
            client.close()

    def stop(self):
        self.stopping.set()
        for run in self.runs:
            run.join(60)
            if run.is_alive():
                self.failures.append("a client waits for good")
