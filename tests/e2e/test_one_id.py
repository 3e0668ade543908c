"""One id from click to part: the X-Request-ID of one request is found in the response, in the trace, in the log
search, in the events' headers, in the audit record and in the part's genealogy."""
import uuid

import pytest
import requests

from tests.support.bus import read_topic
from tests.support.platform import LOGS, TRACES
from tests.support.wait import eventually


@pytest.fixture(scope="module")
def reported(platform):
    """One order and one report; the report's request carries an id that the client made."""
    number = f"ONE-ID-{uuid.uuid4().hex[:8]}"
    order = platform.post("/workorders", {"number": number, "part": "Ballnut", "quantity": 10, "historical": True})
    request_id = str(uuid.uuid4())
    report = {"operation": "Turning", "resource": "Machine 4", "worker": "ID4932", "completed": 3, "rejected": 1,
              "started_at": "2012-01-29T23:24:00Z", "ended_at": "2012-01-30T05:43:00Z",
              "external_id": request_id, "historical": True}
    answer = platform.request("POST", f"/workorders/{order['id']}/reports", json=report,
                              headers={"X-Request-ID": request_id})
    assert answer.status_code == 201, answer.text
    return {"id": request_id, "trace_id": request_id.replace("-", ""), "number": number, "order": order,
            "answer": answer}


def test_the_response_carries_it(reported):
    assert reported["answer"].headers["X-Request-ID"] == reported["id"]


def test_a_request_without_one_gets_a_uuid(platform):
    answer = platform.request("GET", "/workorders", params={"limit": 1})
    assert str(uuid.UUID(answer.headers["X-Request-ID"])) == answer.headers["X-Request-ID"]


def services_of(trace):
    return {trace["processes"][span["processID"]]["serviceName"] for span in trace["spans"]}


def test_the_trace_goes_through_gateway_and_three_services(platform, reported):
    def find():
        answer = requests.get(platform.url(TRACES, f"/api/traces/{reported['trace_id']}"), timeout=10).json()
        (trace,) = answer["data"]
        services = services_of(trace)
        return "gateway" in services and len(services - {"gateway"}) >= 3 and trace

    trace = eventually(find)
    assert {"work-order-service", "reporting-service", "traceability-service"} <= services_of(trace)
    spans = {span["spanID"]: span for span in trace["spans"]}
    assert all(span["traceID"] == reported["trace_id"] for span in trace["spans"])
    parents = [reference["spanID"] for span in trace["spans"] for reference in span["references"]]
    assert len(parents) == len(spans) - 1, "one root, every other span has its parent"
    assert set(parents) <= set(spans)


def search(platform, indices, query):
    answer = requests.post(platform.url(LOGS, f"/{indices}/_search"), json={"query": query, "size": 100}, timeout=10)
    assert answer.status_code == 200, answer.text
    return [hit["_source"] for hit in answer.json()["hits"]["hits"]]


def test_the_log_search_finds_it(platform, reported):
    wanted = {"term": {"request_id": reported["id"]}}
    lines = eventually(lambda: len(found := search(platform, "mes-logs-*", wanted)) >= 2 and found)
    assert {"gateway", "work-order-service"} <= {line["service"] for line in lines}
    assert {line["trace_id"] for line in lines} == {reported["trace_id"]}


def test_the_event_carries_it_in_its_headers(platform, reported):
    def find():
        return [event for event in read_topic(platform, "work-order.updated")
                if event["headers"].get("ce_requestid") == reported["id"]
                and event["data"]["change_type"] == "reported"]

    (event,) = eventually(find)
    headers = event["headers"]
    assert headers["ce_specversion"] == "1.0" and headers["ce_type"] == "work-order.updated"
    assert headers["ce_source"] == "/work-order-service" and uuid.UUID(headers["ce_id"])
    version, trace_id, span_id, flags = headers["traceparent"].split("-")  # W3C Trace Context, 3.2
    assert (version, trace_id) == ("00", reported["trace_id"]) and len(span_id) == 16 and len(flags) == 2
    assert event["key"] == reported["order"]["id"]


def test_the_audit_record_carries_it(platform, reported):
    (record,) = eventually(
        lambda: platform.get("/dashboard/audit", user="admin", request_id=reported["id"])["data"])
    assert record["request_id"] == reported["id"] and record["username"] == "integration"
    assert record["service"] == "work-order-service" and record["status"] == 201


def test_the_audit_search_finds_it(platform, reported):
    wanted = {"term": {"request_id": reported["id"]}}
    (record,) = eventually(lambda: search(platform, "mes-audit-*", wanted))
    assert record["username"] == "integration" and record["status"] == 201


def test_the_genealogy_carries_it(platform, reported):
    (step,) = eventually(lambda: platform.get("/traceability/steps", request_id=reported["id"])["data"])
    assert step["work_order"] == reported["number"] and step["part"] == "Ballnut"
    assert (step["resource"], step["worker"]) == ("Machine 4", "ID4932")
    assert (step["completed"], step["rejected"]) == (3, 1)
    answer = platform.get(f"/traceability/genealogy/order:{reported['number']}/backward")
    assert [step["request_id"] for step in answer["steps"]] == [reported["id"]]


def test_an_id_that_is_no_uuid_is_kept(platform):
    """The trace then has an id of its own and names the foreign one (architecture.md, principle 5)."""
    foreign = f"SAP/{uuid.uuid4().hex[:12]}"
    answer = platform.request("GET", "/workorders", params={"limit": 1}, headers={"X-Request-ID": foreign})
    assert answer.headers["X-Request-ID"] == foreign

    def find():
        found = requests.get(platform.url(TRACES, "/api/traces"), timeout=10,
                             params={"service": "gateway", "tags": '{"request.id":"%s"}' % foreign}).json()
        return found["data"]

    assert eventually(find)
