"""Ports for servers that tests start."""
import random
import socket

OUTGOING_MIN = 32_768  # from here on Linux gives ports to outgoing connections


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_offset(ports):
    """A --port-offset with which all of `ports` are free."""
    for _ in range(200):
        offset = random.randrange(2_000, OUTGOING_MIN - max(ports))
        if all(is_free(port + offset) for port in ports):
            return offset
    raise RuntimeError("no port offset is free")
