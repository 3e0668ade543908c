# What others make and tests and benchmarks run against, each under build/peers, each made once. Sourced by ./dev.
#
#   kafka        Apache Kafka with its tools, Streams and Connect, from Maven (tests/clients/java/pom.xml has the version)
#   go, js       the client programs of tests/clients/go and tests/clients/js with their modules
#   go/deck      decK, which keeps a Kong as files say, from the Go module proxy
#   librdkafka   librdkafka's own test-runner and rdkafka_performance, from Debian's source package

java_packages=(openjdk-17-jdk-headless maven)
librdkafka_version=2.0.2-1
deck_version=v1.28.1 # of the time of Kong 3.4

# is_fresh STAMP SOURCE...: nothing of the sources is newer than what was made of them.
is_fresh() {
  local stamp=$1
  shift
  [ -f "$stamp" ] && [ -z "$(find "$@" -newer "$stamp" -type f -print -quit)" ]
}

need_kafka() {
  local at=build/peers/kafka java=tests/clients/java
  command -v mvn >/dev/null && command -v javac >/dev/null || install_packages "${java_packages[@]}"
  if ! is_fresh $at/libs.made $java/pom.xml; then
    rm -rf $at/libs
    quietly "getting Apache Kafka and its clients from Maven" kafka mvn -B -q -f $java/pom.xml \
      org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies "-DoutputDirectory=$root/$at/libs"
    touch $at/libs.made
  fi
  if ! is_fresh $at/classes.made $java $at/libs.made; then
    rm -rf $at/classes
    quietly "compiling the Java clients" java-clients javac -d $at/classes -cp "$at/libs/*" $java/*.java
    touch $at/classes.made
  fi
}

need_js_clients() {
  local at
  need_node
  for at in tests/clients/kafkajs tests/clients/platformatic; do
    is_fresh $at/node_modules/.package-lock.json $at/package-lock.json ||
      quietly "installing the client of $at" "npm-${at##*/}" npm ci --prefix $at --no-audit --no-fund
  done
}

need_go_clients() {
  local at=build/peers/go
  command -v go >/dev/null || install_packages golang-go
  is_fresh $at/made tests/clients/go && return 0
  mkdir -p $at
  quietly "building the Go clients" go-clients bash -c "cd tests/clients/go && go build -buildvcs=false -o '$root/$at' ./..."
  touch $at/made
}

# Built where its module lies, so that its own go.sum says what its dependencies are.
need_deck() {
  local at=build/peers/go module=github.com/kong/deck@$deck_version
  command -v go >/dev/null || install_packages golang-go
  [ -x $at/deck ] && return 0
  mkdir -p $at
  quietly "building decK" deck bash -c "go mod download $module && cd \"\$(go env GOMODCACHE)/$module\" && go build -buildvcs=false -o '$root/$at/deck' ."
}

# The source package of the librdkafka that this system has, from the mirror that it uses, though it may list no sources.
fetch_librdkafka_source() {
  local at=$1 apt
  apt=(apt-get -o "Dir::Etc::SourceList=$at/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$at/apt/lists")
  mkdir -p "$at/apt/lists/partial"
  apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Component: main' |
    sort -u | grep -E " $(. /etc/os-release && echo "$VERSION_CODENAME") main\$" >"$at/apt/sources.list"
  "${apt[@]}" update -qq
  (cd "$at" && "${apt[@]}" source -qq --download-only "librdkafka=$librdkafka_version")
  rm -rf "$at/source"
  mkdir "$at/source"
  tar -xf "$at/librdkafka_${librdkafka_version%-*}.orig.tar.gz" -C "$at/source" --strip-components=1
}

build_librdkafka_tests() {
  cd "$1/source"
  ./configure --disable-gssapi
  make -j"$(nproc)" -C src
  make -j"$(nproc)" -C src-cpp
  make -j"$(nproc)" -C tests test-runner
  make -C examples rdkafka_performance
  javac -d tests/java -cp "$root/build/peers/kafka/libs/*" tests/java/*.java
}

# Some of the tests call Kafka's shell scripts: each is one main class.
make_kafka_scripts() {
  local at=$root/build/peers/kafka/bin script
  local -A classes=([kafka-run-class]= [kafka-topics]=org.apache.kafka.tools.TopicCommand [kafka-acls]=org.apache.kafka.tools.AclCommand
    [kafka-configs]=kafka.admin.ConfigCommand [kafka-consumer-groups]=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand)
  mkdir -p "$at"
  for script in "${!classes[@]}"; do
    printf '#!/bin/sh\nexec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$CLASSPATH:%s/build/peers/kafka/libs/*" %s "$@"\n' \
      "$root" "${classes[$script]}" >"$at/$script.sh"
    chmod +x "$at/$script.sh"
  done
}

need_librdkafka_tests() {
  local at=$root/build/peers/librdkafka
  need_kafka
  make_kafka_scripts
  [ -x "$at/source/tests/test-runner" ] && [ -f "$at/made" ] && return 0
  install_packages rapidjson-dev
  mkdir -p "$at"
  quietly "getting librdkafka's source package" librdkafka-source fetch_librdkafka_source "$at"
  quietly "building librdkafka's tests" librdkafka-build bash -euo pipefail -c \
    "$(declare -f build_librdkafka_tests); root='$root' build_librdkafka_tests '$at'"
  touch "$at/made"
}
