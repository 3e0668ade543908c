// @platformatic/kafka against the bus: admin, these codecs, a group with a rebalance, a transaction. Prints what it saw.
// usage: client.js ADDRESS CODEC,…
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from "@platformatic/kafka";

const SET = 0, TOPIC = 2, READ_COMMITTED = 1;
const bootstrapBrokers = [process.argv[2]];
const topic = "platformatic";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(condition, what) {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > 30000) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}

function makeConsumer(groupId, seen, options = {}) {
  const consumer = new Consumer({ clientId: "p", groupId, bootstrapBrokers, deserializers: stringDeserializers, ...options });
  const start = async () => {
    const stream = await consumer.consume({
      topics: [topic], mode: "committed", fallbackMode: "earliest", autocommit: true, sessionTimeout: 10000, heartbeatInterval: 200, maxWaitTime: 100,
    });
    stream.on("data", (message) => seen.push(message));
    stream.on("error", (fault) => { throw fault; });
  };
  return { consumer, start };
}

const admin = new Admin({ clientId: "p", bootstrapBrokers });
const [created] = await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1, configs: [{ name: "retention.ms", value: "3600000" }] });
await admin.incrementalAlterConfigs({
  resources: [{ resourceType: TOPIC, resourceName: topic, configs: [{ name: "max.message.bytes", configOperation: SET, value: "5000" }] }],
  validateOnly: false,
});
let configs;
await until(async () => {
  const [described] = await admin.describeConfigs({
    resources: [{ resourceType: TOPIC, resourceName: topic, configurationKeys: ["retention.ms", "max.message.bytes"] }],
    includeSynonyms: false, includeDocumentation: false,
  });
  configs = Object.fromEntries(described.configs.map((c) => [c.name, c.value]));
  return configs["max.message.bytes"] === "5000";
}, "the setting");

const producer = new Producer({ clientId: "p", bootstrapBrokers, serializers: stringSerializers, idempotent: true });
const codecs = process.argv[3].split(",");
for (const [n, compression] of codecs.entries()) {
  await producer.send({ compression, messages: [...Array(8).keys()].map((i) => ({ topic, partition: i % 4, key: `k${i}`, value: `${compression} ${i}`, headers: { n: `${n}` } })) });
}

const sentFirst = 8 * codecs.length;
const first = [], second = [];
const one = makeConsumer("platformatic", first), two = makeConsumer("platformatic", second);
await one.start();
await until(() => first.length === sentFirst, "the first records");
await two.start();
await until(async () => {
  const group = (await admin.describeGroups({ groups: ["platformatic"] })).get("platformatic");
  return group.state === "STABLE" && group.members.size === 2;
}, "two members");
let sent = 0;
await until(async () => {
  await producer.send({ messages: [0, 1, 2, 3].map((partition) => ({ topic, partition, value: `more ${sent++}` })) });
  return second.length > 0;
}, "records for the second member");
await until(() => first.length + second.length >= sentFirst + sent, "the rest");
await two.consumer.close(true);
await one.consumer.close(true);
await until(async () => (await admin.describeGroups({ groups: ["platformatic"] })).get("platformatic").members.size === 0, "an empty group");
const [offsets] = await admin.listConsumerGroupOffsets({ groups: ["platformatic"] });
const committed = offsets.topics.flatMap((t) => t.partitions).reduce((sum, p) => sum + Number(p.committedOffset), 0);

// Each run has an id of its own: one that a run before has used is refused to this client (PRODUCER_FENCED), by Kafka too.
const transactional = new Producer({ clientId: "p", bootstrapBrokers, serializers: stringSerializers, idempotent: true, transactionalId: `platformatic ${codecs}` });
for (const outcome of ["abort", "commit"]) {
  const transaction = await transactional.beginTransaction();
  await transaction.send({ messages: [{ topic, partition: 0, value: outcome }] });
  await transaction[outcome]();
}
const stable = [];
const reader = makeConsumer("platformatic-stable", stable, { isolationLevel: READ_COMMITTED });
await reader.start();
await until(() => stable.some((m) => m.value === "commit"), "the committed record");
await reader.consumer.close(true);

await admin.deleteGroups({ groups: ["platformatic"] });
await admin.deleteTopics({ topics: [topic] });
await until(async () => !(await admin.listTopics()).includes(topic), "the topic to go");
console.log(JSON.stringify({
  partitions: created.partitions, configs, once: new Set([...first, ...second].map((m) => m.value)).size === sentFirst + sent,
  codecs: codecs.filter((name, n) => first.filter((m) => m.value.startsWith(`${name} `) && m.headers.get("n") === `${n}`).length === 8),
  committed: committed === sentFirst + sent, aborted: stable.filter((m) => m.value === "abort").length,
}));
for (const client of [transactional, producer, admin]) await client.close();
