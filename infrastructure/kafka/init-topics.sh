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

# One topic a line: "name partitions setting=value …", from `- { name: N, partitions: P, config: { K: V, … }, … }`.
awk -v retention="$retention" '/^ *- \{ name:/ {
  name = $0; sub(/.*name: */, "", name); sub(/,.*/, "", name)
  partitions = $0; sub(/.*partitions: */, "", partitions); sub(/[, ].*/, "", partitions)
  config = ""
  if (match($0, /config: *\{[^}]*\}/)) {
    config = substr($0, RSTART, RLENGTH)
    gsub(/config: *\{ *| *\}|"/, "", config); gsub(/, +/, " ", config); gsub(/: */, "=", config)
  }
  keep = retention
  if (match($0, /retention_ms: *-?[0-9]+/)) { keep = substr($0, RSTART, RLENGTH); sub(/.*: */, "", keep) }
  if (config !~ /retention\.ms=/) config = "retention.ms=" keep " " config
  print name, partitions, config
}' "$file" | {
  count=0
  while read -r name partitions settings; do
    options=
    for setting in $settings; do options="$options --config $setting"; done
    # shellcheck disable=SC2086 # one word each
    "$tool" --bootstrap-server "$bootstrap" --create --if-not-exists --topic "$name" \
      --partitions "$partitions" --replication-factor "$replication" $options </dev/null
    count=$((count + 1))
  done
  echo "init-topics: $count topics on $bootstrap"
}
