"""A link to a bus that falls silent: what goes over it does not arrive from then on, and its connections stay."""
import contextlib
import socket
import threading

PRODUCE, OFFSET_COMMIT, JOIN_GROUP = 0, 8, 11


class Link:
    def __init__(self, start_bus, falls_silent):
        """`falls_silent(api_key, request)` is asked for each request, which does not arrive where it is true."""
        self.falls_silent, self.silent = falls_silent, threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.bus = start_bus("--advertised-listeners", f"PLAINTEXT://127.0.0.1:{self.door.getsockname()[1]}")
        threading.Thread(target=self._accept, daemon=True).start()

    def mend(self):
        """For connections to come."""
        self.falls_silent = lambda key, request: False
        self.silent.clear()

    def _accept(self):
        while True:
            client, _ = self.door.accept()
            bus = socket.create_connection(("127.0.0.1", 9092 + self.bus.offset))
            for pass_on in (self._requests, self._answers):
                threading.Thread(target=pass_on, args=(client, bus), daemon=True).start()

    def _requests(self, client, bus):
        with contextlib.suppress(OSError), client.makefile("rb") as requests:
            while head := requests.read(4):
                request = requests.read(int.from_bytes(head, "big"))
                if self.falls_silent(int.from_bytes(request[:2], "big"), request):
                    self.silent.set()
                if not self.silent.is_set():
                    bus.sendall(head + request)
        with contextlib.suppress(OSError):
            bus.shutdown(socket.SHUT_RDWR)

    def _answers(self, client, bus):
        with contextlib.suppress(OSError):
            while part := bus.recv(65536):
                if not self.silent.is_set():
                    client.sendall(part)
        client.close()
