"""What it means that two answers agree, and the list of what may differ."""
import dataclasses
import re

from records import batches_of

# Fields that are not compared, and why; the rest is compared by value.
NOT_COMPARED = {
    "throttle_time_ms": "Neither broker has quotas set; Kafka's value is of its own load.",
    "cluster_id": "An id of its own.",
    "host": "Both are told apart by their port alone.",
    "port": "Each listens on its own.",
    "client_host": "Kafka writes Java's form, with a slash in front; it is compared in the group tests.",
    "transaction_start_time_ms": "The time of day.",
    "last_timestamp": "The time of day.",
    "finalized_features_epoch": "Counts the changes of Kafka's own metadata log.",
    "heartbeat_interval_ms": "A setting.",
    "node_endpoints": "Addresses, as above.",
    "total_bytes": "Of the disk.",
    "usable_bytes": "Of the disk.",
    "partition_size": "Of files, whose layout is each broker's own.",
    "log_dir": "A folder's name.",
    "documentation": "Text for people.",
    "error_message": "Text for people.",
    "batch_index_error_message": "Text for people.",
    "coordinator_epoch": "Counts the coordinator's moves.",
}
IDENTIFYING = ("name", "topic", "topic_id", "partition_index", "partition", "group_id", "member_id", "api_key", "key", "transactional_id",
               "resource_name", "resource_type", "producer_id", "principal", "operation", "user", "index", "group_instance_id")


@dataclasses.dataclass
class Difference:
    """Rows of differences.txt and what a run found have the same columns; a row's are patterns."""
    api: str
    versions: str
    path: str
    kafka: str
    bus: str
    reason: str = ""

    def covers(self, other, version):
        low, _, high = self.versions.partition("-")
        return ((self.versions == "*" or int(low) <= version <= int(high or low))
                and all(_matches(getattr(self, column), getattr(other, column)) for column in ("api", "path", "kafka", "bus")))


def _matches(pattern, text):
    """`*` stands for any text; nothing else is special."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text, re.S) is not None


def together(items):
    """A topic that comes in several parts, as where Kafka keeps partitions with errors apart, as one."""
    whole = {}
    for item in items:
        if not (isinstance(item, dict) and isinstance(item.get("partitions"), list)):
            return items
        parts = whole.setdefault(str({k: v for k, v in item.items() if k != "partitions"}), item | {"partitions": []})
        parts["partitions"] = parts["partitions"] + item["partitions"]
    return list(whole.values())


def by_identity(items):
    """Order means nothing in the protocol's lists of things with names: they are laid side by side by these."""
    def key(item):
        if not isinstance(item, dict):
            return item
        return tuple(str(item[name]) for name in IDENTIFYING if name in item and not isinstance(item[name], (list, dict)))
    keys = [key(i) for i in items]
    if any(not k for k in keys) or len(set(map(str, keys))) != len(keys):
        return None
    return {str(k): item for k, item in zip(keys, items)}


def visible(items):
    """Without Kafka's own topics: the bus keeps what is in them beside its topics."""
    return [i for i in items if not (isinstance(i, dict) and str(i.get("name", i.get("resource_name"))).startswith("__"))]


def differences(kafka, bus, path=""):
    """(path, Kafka's value, the bus's) of what does not agree."""
    name = path.rpartition(".")[2].partition("[")[0]
    if name in NOT_COMPARED:
        return
    if name == "records" and isinstance(kafka, (bytes, type(None))) and isinstance(bus, (bytes, type(None))):
        kafka, bus = batches_of(kafka or b""), batches_of(bus or b"")
    if isinstance(kafka, dict) and isinstance(bus, dict):
        for field in kafka.keys() | bus.keys():
            yield from differences(kafka.get(field, "<none>"), bus.get(field, "<none>"), f"{path}.{field}" if path else field)
    elif isinstance(kafka, list) and isinstance(bus, list):
        kafka, bus = together(visible(kafka)), together(visible(bus))
        left, right = by_identity(kafka), by_identity(bus)
        if left is None or right is None or not all(isinstance(i, dict) for i in kafka + bus):
            left, right = dict(enumerate(kafka)), dict(enumerate(bus))
        for key in left.keys() | right.keys():
            if key in left and key in right:
                yield from differences(left[key], right[key], f"{path}[]")
            else:
                yield f"{path}[{key}]", *("there" if key in side else "missing" for side in (left, right))
    elif kafka != bus:
        yield path, repr(kafka), repr(bus)


def read_allowed(path):
    """differences.txt: one row a line, columns between ` | `; see there."""
    rows = []
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            columns = [column.strip() for column in line.split(" | ")]
            assert len(columns) == 6, f"{path.name}: not six columns: {line}"
            rows.append(Difference(*columns))
    return rows
