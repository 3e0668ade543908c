#!/bin/sh
# Makes the ConfigMaps that hold files of infrastructure/: the same files that docker compose and `mes up` read.
set -eu
cd "$(dirname "$0")/../../infrastructure"

config_map() { # NAME --from-file=…
    name=$1
    shift
    kubectl create configmap "$name" --namespace mes "$@" --dry-run=client --output=yaml | kubectl apply -f -
}

config_map kong-config --from-file=kong/kong.yml
config_map redis-config --from-file=redis/redis.conf
config_map logstash-config --from-file=logstash/config/logstash.yml
config_map logstash-pipeline --from-file=logstash/pipeline
config_map grafana-datasources --from-file=grafana/provisioning/datasources
config_map grafana-providers --from-file=grafana/provisioning/dashboards
config_map grafana-dashboards --from-file=grafana/dashboards
# The gateway's metrics are behind a service of another name here.
sed "s/'kong:8001'/'kong-admin:8001'/" prometheus/prometheus.yml > "${TMPDIR:-/tmp}/prometheus.yml"
config_map prometheus-config --from-file="${TMPDIR:-/tmp}/prometheus.yml"
rm "${TMPDIR:-/tmp}/prometheus.yml"
