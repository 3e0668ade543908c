"""librdkafka's own mock of a broker, in a process of its own: it answers at once and writes nothing to disk.

usage: mock_broker.py LIBRDKAFKA   prints its address, ends with SIGTERM
"""

import ctypes
import signal
import sys

PRODUCER = 0  # rd_kafka_type_t; the mock needs an instance of librdkafka to live in


def main(library):
    librdkafka = ctypes.CDLL(library)
    librdkafka.rd_kafka_new.restype = ctypes.c_void_p
    librdkafka.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    librdkafka.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    librdkafka.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    librdkafka.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    problem = ctypes.create_string_buffer(512)
    instance = librdkafka.rd_kafka_new(PRODUCER, None, problem, len(problem))
    if not instance:
        sys.exit(problem.value.decode())
    cluster = librdkafka.rd_kafka_mock_cluster_new(instance, 1)
    print(librdkafka.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
