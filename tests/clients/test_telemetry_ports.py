"""Senders of spans and logs that others wrote, unmodified, against every port that takes some."""
import json
import pathlib
import random
import signal
import socket
import subprocess
import time
import zlib

import pytest
import requests
from opentelemetry.exporter.jaeger.proto.grpc import JaegerExporter as JaegerGrpcExporter
from opentelemetry.exporter.jaeger.thrift import JaegerExporter as JaegerThriftExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.zipkin.json import Protocol, ZipkinExporter as ZipkinJsonExporter
from opentelemetry.exporter.zipkin.proto.http import ZipkinExporter as ZipkinProtobufExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind
from pylogbeat import PyLogBeatClient

from tests.support.platform import BINARY
from tests.support.ports import free_offset
from tests.support.wait import eventually

TCP_PORTS = [4317, 4318, 5000, 5044, 5778, 9200, 9411, 14250, 14268, 14269, 16686]


class Telemetry:
    def __init__(self, data: pathlib.Path):
        self.data, self.offset = data, free_offset(TCP_PORTS)

    def start(self):
        self.log = open(self.data / "telemetry.log", "ab")
        self.process = subprocess.Popen(
            [str(BINARY), "telemetry", "--data", str(self.data), "--port-offset", str(self.offset), "--bus-events",
             "false", "--otlp", "none", "--log-host", ""], stdout=self.log, stderr=self.log)
        eventually(lambda: requests.get(self.url(14269, "/health/ready"), timeout=2).ok)
        return self

    def url(self, port, path=""):
        return f"http://127.0.0.1:{port + self.offset}{path}"

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(20)

    def trace(self, trace_id):
        answer = requests.get(self.url(16686, f"/api/traces/{trace_id:032x}"), timeout=5)
        return answer.json()["data"][0] if answer.status_code == 200 else None

    def search(self, query):
        answer = requests.post(self.url(9200, "/mes-logs-*/_search"), json={"query": query, "size": 100}, timeout=5)
        return [hit["_source"] for hit in answer.json().get("hits", {}).get("hits", [])]


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory):
    running = Telemetry(tmp_path_factory.mktemp("telemetry")).start()
    yield running
    running.stop()


def exporters(telemetry):
    offset = telemetry.offset
    return {
        "otlp-grpc": lambda: OTLPSpanExporter(endpoint=f"127.0.0.1:{4317 + offset}", insecure=True),
        "otlp-grpc-gzip": lambda: OTLPSpanExporter(endpoint=f"127.0.0.1:{4317 + offset}", insecure=True,
                                                   compression=__import__("grpc").Compression.Gzip),
        "jaeger-udp": lambda: JaegerThriftExporter(agent_host_name="127.0.0.1", agent_port=6831 + offset),
        "jaeger-http": lambda: JaegerThriftExporter(
            collector_endpoint=telemetry.url(14268, "/api/traces?format=jaeger.thrift")),
        "jaeger-grpc": lambda: JaegerGrpcExporter(collector_endpoint=f"127.0.0.1:{14250 + offset}", insecure=True),
        "zipkin-json-v2": lambda: ZipkinJsonExporter(endpoint=telemetry.url(9411, "/api/v2/spans")),
        "zipkin-json-v1": lambda: ZipkinJsonExporter(version=Protocol.V1, max_tag_value_length=1000,
                                                     endpoint=telemetry.url(9411, "/api/v1/spans")),
        "zipkin-protobuf": lambda: ZipkinProtobufExporter(endpoint=telemetry.url(9411, "/api/v2/spans")),
    }


NAMES = ["otlp-grpc", "otlp-grpc-gzip", "jaeger-udp", "jaeger-http", "jaeger-grpc", "zipkin-json-v2", "zipkin-json-v1",
         "zipkin-protobuf"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_trace_sent_by_opentelemetrys_exporters_comes_back(telemetry, name):
    service = f"press-{name}"
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(SimpleSpanProcessor(exporters(telemetry)[name]()))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("stamp", kind=SpanKind.SERVER, attributes={"part": "Ø-17", "strokes": 3}) as root:
        with tracer.start_as_current_span("feed", kind=SpanKind.CLIENT) as child:
            child.add_event("sheet taken", {"thickness_mm": "1.5"})
    provider.shutdown()

    trace_id = root.get_span_context().trace_id
    found = eventually(lambda: (t := telemetry.trace(trace_id)) and len(t["spans"]) == 2 and t)
    spans = {span["operationName"]: span for span in found["spans"]}
    stamp, feed = spans["stamp"], spans["feed"]
    assert stamp["spanID"] == f"{root.get_span_context().span_id:016x}"
    assert stamp["references"] == []
    assert [(r["refType"], r["spanID"]) for r in feed["references"]] == [("CHILD_OF", stamp["spanID"])]
    tags = {tag["key"]: str(tag["value"]) for tag in stamp["tags"]}
    assert tags["part"] == "Ø-17" and tags["strokes"] == "3"
    if name != "zipkin-json-v1":  # that encoder sends no kind
        assert tags["span.kind"] == "server"
        assert {tag["key"]: tag["value"] for tag in feed["tags"]}["span.kind"] == "client"
    assert {p["serviceName"].lower() for p in found["processes"].values()} == {service}
    assert abs(stamp["startTime"] - root.start_time // 1000) <= 1
    assert abs(stamp["duration"] - (root.end_time - root.start_time) // 1000) <= 1
    [event] = feed["logs"]
    assert "sheet taken" in json.dumps(event["fields"])
    assert service in requests.get(telemetry.url(16686, "/api/services"), timeout=5).json()["data"]


def test_the_binary_agent_port_takes_what_the_compact_one_refuses(telemetry):
    from thrift.protocol import TBinaryProtocol
    from thrift.transport import TTransport
    from opentelemetry.exporter.jaeger.thrift.gen.agent import Agent
    from opentelemetry.exporter.jaeger.thrift.gen.jaeger import ttypes

    trace_id = random.getrandbits(63)
    span = ttypes.Span(traceIdLow=trace_id, traceIdHigh=0, spanId=7, parentSpanId=0, operationName="binary", flags=1,
                       startTime=int(time.time() * 1e6), duration=5)
    buffer = TTransport.TMemoryBuffer()
    client = Agent.Client(iprot=None, oprot=TBinaryProtocol.TBinaryProtocol(buffer))
    client.send_emitBatch(ttypes.Batch(process=ttypes.Process(serviceName="plc"), spans=[span]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(buffer.getvalue(), ("127.0.0.1", 6831 + telemetry.offset))
        sender.sendto(buffer.getvalue(), ("127.0.0.1", 6832 + telemetry.offset))
    eventually(lambda: telemetry.trace(trace_id))
    metrics = requests.get(telemetry.url(14269, "/metrics"), timeout=5).text
    refused = next(line for line in metrics.splitlines() if line.startswith("mes_telemetry_datagrams_refused_total"))
    assert float(refused.split()[-1]) >= 1


def test_sampling_is_answered_as_jaegers_agent_does(telemetry):
    answer = requests.get(telemetry.url(5778, "/sampling"), params={"service": "press"}, timeout=5)
    assert answer.json() == {"strategyType": "PROBABILISTIC", "probabilisticSampling": {"samplingRate": 1}}
    refused = requests.get(telemetry.url(5778, "/sampling"), timeout=5)
    assert (refused.status_code, refused.text) == (400, "'service' parameter must be provided once\n")


@pytest.mark.parametrize("path, type_, body, says", [
    (9411, "application/json", b'[{"traceId":"12","id":"zz"}]', 'Span 0: "id" is not hex digits'),
    (9411, "application/json", b'{"traceId":"12"}', "not a JSON list"),
    (9411, "text/csv", b"a,b", "Content-Type"),
    (14268, "application/x-thrift", b"\x0c\x00\x01\x0b", "no Thrift batch"),
    (14268, "application/json", b"{}", "Unsupported content type"),
])
def test_what_is_no_span_is_refused_with_a_reason(telemetry, path, type_, body, says):
    where = "/api/v2/spans" if path == 9411 else "/api/traces"
    answer = requests.post(telemetry.url(path, where), data=body, headers={"Content-Type": type_}, timeout=5)
    assert answer.status_code in (400, 415), answer.text
    assert says in answer.text


def test_beats_events_are_on_disk_when_they_are_acknowledged(tmp_path):
    telemetry = Telemetry(tmp_path).start()
    lines = [{"@timestamp": "2026-03-01T06:00:00.000Z", "message": json.dumps(
        {"timestamp": f"2026-03-01T05:59:{n:02d}.000Z", "level": "WARNING", "service": "oven", "message": f"hot {n}"})}
        for n in range(50)] + [{"@timestamp": "2026-03-01T06:00:01.000Z", "message": "plain text", "host": {"name": "edge-1"}}]
    with PyLogBeatClient("127.0.0.1", 5044 + telemetry.offset, timeout=20) as client:
        client.send(lines)  # returns once all are acknowledged
    telemetry.stop(signal.SIGKILL)
    telemetry.start()
    found = eventually(lambda: (hits := telemetry.search({"match_all": {}})) and len(hits) == 51 and hits)
    oven = sorted((hit for hit in found if hit.get("service") == "oven"), key=lambda hit: hit["@timestamp"])
    assert [hit["message"] for hit in oven] == [f"hot {n}" for n in range(50)]
    assert oven[7]["@timestamp"].startswith("2026-03-01T05:59:07") and oven[7]["level"] == "warn"
    [plain] = [hit for hit in found if hit["message"] == "plain text"]
    assert plain["host"] == {"name": "edge-1"}
    telemetry.stop()


def test_lumberjack_frames_in_pieces_and_in_zlib(telemetry):
    def frame(sequence, event):
        body = json.dumps(event).encode()
        return b"2J" + sequence.to_bytes(4, "big") + len(body).to_bytes(4, "big") + body

    frames = b"".join(frame(n, {"message": f"packed {n}"}) for n in (1, 2, 3))
    packed = zlib.compress(frames)
    stream = b"2W" + (3).to_bytes(4, "big") + b"2C" + len(packed).to_bytes(4, "big") + packed
    with socket.create_connection(("127.0.0.1", 5044 + telemetry.offset), timeout=20) as sender:
        for byte in stream:
            sender.sendall(bytes([byte]))
        acknowledged = b""
        while not acknowledged.endswith(b"2A" + (3).to_bytes(4, "big")):
            piece = sender.recv(64)
            assert piece, "closed without an acknowledgement"
            acknowledged += piece
        sender.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert sender.recv(64) == b""
    messages = {hit["message"] for hit in telemetry.search({"match": {"message": "packed"}})}
    assert messages == {"packed 1", "packed 2", "packed 3"}


def test_a_stream_of_calls_is_refused_by_grpc_and_an_unknown_method_too(telemetry):
    grpc = pytest.importorskip("grpc")
    with grpc.insecure_channel(f"127.0.0.1:{4317 + telemetry.offset}") as channel:
        unknown = channel.unary_unary("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")
        with pytest.raises(grpc.RpcError) as error:
            unknown(b"", timeout=5)
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
        export = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        with pytest.raises(grpc.RpcError) as error:
            channel.stream_unary(export)(iter([b"", b""]), timeout=5)
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
        with pytest.raises(grpc.RpcError) as error:
            channel.unary_unary(export)(b"\xff\xff", timeout=5)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        health = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert health(b"", timeout=5) == b"\x08\x01"


def test_one_telemetry_alone_has_a_folder(telemetry):
    other = subprocess.run([str(BINARY), "telemetry", "--data", str(telemetry.data), "--port-offset", str(telemetry.offset),
                            "--bus-events", "false", "--otlp", "none", "--log-host", ""], capture_output=True, text=True, timeout=30)
    assert other.returncode == 1 and f"another telemetry (pid {telemetry.process.pid})" in other.stdout + other.stderr
