"""Topics that somebody asks for by name: made where the broker makes topics by itself, else not."""
from both import NUMBERS

BROKER = 4
UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE = 3, 5
WRONG = ["", ".", "..", "bad name!", "x" * 250, "a/b", "ü"]


def makes_topics(both):
    answer = both.kafka.call("describe_configs", 4, {"resources": [
        {"resource_type": BROKER, "resource_name": "1", "configuration_keys": ["auto.create.topics.enable"]}]})
    return answer["results"][0]["configs"][0]["value"] == "true"


def ask(both, names, version, allow, label=None):
    return both.call("metadata", version, {"topics": [{"name": name} for name in names], "allow_auto_topic_creation": allow}, label=label,
                     bind=lambda answer: {f"topic {t['name']}": t["topic_id"] for t in answer["topics"] if "topic_id" in t})


def asked_for(both):
    """By one that may not have it made, by one that may, and again: what there is then."""
    rng = both.rng
    names = [f"made-{next(NUMBERS)}-{'m' * rng.choice([0, 0, 200])}" for _ in range(rng.randint(1, 3))]
    others = rng.choice([[], [], [rng.choice(WRONG)], ["t0"], names[:1]])
    ask(both, names + others, both.version("metadata", low=4), False)  # those before are always allowed to
    version = both.version("metadata", high=9)  # later ones tell ids, which only what is there has
    allow = version < 4 or rng.random() < 0.8
    ask(both, names + others, version, allow, "metadata: to be made")
    if allow and makes_topics(both):
        both.settle("metadata", 9, {"topics": [{"name": n} for n in names], "allow_auto_topic_creation": True},
                    lambda a: not {t["error_code"] for t in a["topics"]} & {UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE})
    ask(both, names + others, both.version("metadata", low=4), False)
    both.call("delete_topics", both.version("delete_topics", high=5), {"topic_names": names, "timeout_ms": 10000})


CASES = [(asked_for, 1)]
