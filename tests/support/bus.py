"""Reading the bus with kcat, a client that others wrote."""
import json
import subprocess


def read_topic(platform, topic, timeout_s=120):
    """All records of a topic up to its end: dicts with key, headers (a dict) and data (parsed)."""
    done = subprocess.run(["kcat", "-C", "-q", "-J", "-e", "-o", "beginning", "-b", platform.bus, "-t", topic],
                          text=True, capture_output=True, timeout=timeout_s)
    assert done.returncode == 0, f"kcat: {done.stderr}"
    return [_record(json.loads(line)) for line in done.stdout.splitlines()]


def _record(raw):
    pairs = raw.get("headers") or []
    return {
        "key": raw["key"],
        "headers": dict(zip(pairs[::2], pairs[1::2])),
        "data": json.loads(raw["payload"]) if raw.get("payload") else None,
        "partition": raw["partition"],
        "offset": raw["offset"],
    }


def once_each(records):
    """Delivery is at least once: an event is known by its ce_id."""
    return list({record["headers"]["ce_id"]: record for record in records}.values())
