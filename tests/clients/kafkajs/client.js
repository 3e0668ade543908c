// kafkajs against the bus: admin, idempotent producer, two consumers in a group. Prints what it saw as its last line.
const { Kafka, logLevel } = require("kafkajs");

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(condition, what) {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > 30000) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}

async function main(broker) {
  const kafka = new Kafka({ clientId: "js", brokers: [broker], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topic = "js.test";
  await admin.createTopics({
    topics: [{ topic, numPartitions: 4, configEntries: [{ name: "retention.ms", value: "3600000" }] }],
  });
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
  const configs = await admin.describeConfigs({ resources: [{ type: 2, name: topic, configNames: ["retention.ms"] }] });

  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const send = (i) => producer.send({ topic, messages: [{ key: `k${i}`, value: `v${i}`, headers: { h: "x" } }] });
  for (let i = 0; i < 10; i++) await send(i);

  const seen = new Set();
  const consumers = [];
  for (let n = 0; n < 2; n++) {
    const consumer = kafka.consumer({ groupId: "js", sessionTimeout: 10000, heartbeatInterval: 200 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => seen.add(message.value.toString()) });
    consumers.push(consumer);
  }
  const group = async () => (await admin.describeGroups(["js"])).groups[0];
  await until(async () => {
    const g = await group();
    return g.state === "Stable" && g.members.length === 2;
  }, "two members");
  const members = (await group()).members.length;
  for (let i = 10; i < 20; i++) await send(i);
  await until(() => seen.size === 20, "20 records");
  for (const consumer of consumers) await consumer.disconnect();
  const offsets = await admin.fetchOffsets({ groupId: "js", topics: [topic] });
  const committed = offsets[0].partitions.reduce((sum, p) => sum + Math.max(0, Number(p.offset)), 0);
  await admin.deleteGroups(["js"]);
  await admin.deleteTopics({ topics: [topic] });
  const deleted = !(await admin.listTopics()).includes(topic);
  await producer.disconnect();
  await admin.disconnect();
  const retention = configs.resources[0].configEntries[0].configValue;
  console.log(JSON.stringify({
    partitions: metadata.topics[0].partitions.length, retention, consumed: seen.size, members, committed, deleted,
  }));
}

main(process.argv[2]).catch((fault) => {
  console.error(fault);
  process.exit(1);
});
