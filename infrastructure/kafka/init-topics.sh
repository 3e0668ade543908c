#!/bin/sh
# Makes the topics of contracts/topics.yaml on an Apache Kafka. Topics that are there stay as they are.
#
#   KAFKA_BOOTSTRAP  host:port of a broker              (default localhost:9092)
#   REPLICATION      replicas of each partition         (default: the file's `local`; `production` for its `production`)
#   KAFKA_TOPICS     the command of Kafka's own tool     (default: kafka-topics.sh or kafka-topics, whichever is found)
#   TOPICS_FILE      the file                            (default: contracts/topics.yaml of this repository)
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
file=${TOPICS_FILE:-$here/../../contracts/topics.yaml}
bootstrap=${KAFKA_BOOTSTRAP:-localhost:9092}
tool=${KAFKA_TOPICS:-}
if [ -z "$tool" ]; then
  for candidate in kafka-topics.sh kafka-topics; do
    if command -v "$candidate" >/dev/null 2>&1; then tool=$candidate; break; fi
  done
fi
[ -n "$tool" ] || { echo "init-topics: neither kafka-topics.sh nor kafka-topics is in PATH; set KAFKA_TOPICS" >&2; exit 2; }
[ -r "$file" ] || { echo "init-topics: cannot read $file" >&2; exit 2; }

number_of() { # $1: local or production
  sed -n "s/^ *replication_factor:.*[{ ]$1: *\([0-9]*\).*/\1/p" "$file"
}
replication=${REPLICATION:-local}
case $replication in local | production) replication=$(number_of "$replication") ;; esac
retention=$(awk '$1 == "retention_ms:" { print $2; exit }' "$file")

# One topic a line: "name partitions", both from `- { name: N, partitions: P, … }`.
awk '/^ *- \{ name:/ {
  name = $0; sub(/.*name: */, "", name); sub(/,.*/, "", name)
  partitions = $0; sub(/.*partitions: */, "", partitions); sub(/[, ].*/, "", partitions)
  print name, partitions
}' "$file" | {
  count=0
  while read -r name partitions; do
    "$tool" --bootstrap-server "$bootstrap" --create --if-not-exists --topic "$name" \
      --partitions "$partitions" --replication-factor "$replication" --config "retention.ms=$retention" </dev/null
    count=$((count + 1))
  done
  echo "init-topics: $count topics on $bootstrap"
}
