// kafkajs against the bus: admin, every codec, a group with a rebalance, transactions. Prints what it saw as its last line.
const { AssignerProtocol, CompressionCodecs, CompressionTypes, Kafka, logLevel } = require("kafkajs");
const lz4 = require("lz4-napi");
const { ZstdCodec } = require("zstd-codec");

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(condition, what) {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > 30000) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}

// kafkajs has gzip of its own; the others are given to it. The answer has the names of those that something was unpacked with.
async function addCodecs() {
  const { Simple } = await new Promise((done) => ZstdCodec.run(done));
  const zstd = new Simple();
  const codecs = {
    GZIP: CompressionCodecs[CompressionTypes.GZIP](),
    Snappy: require("kafkajs-snappy")(),
    LZ4: { compress: (encoder) => lz4.compressFrame(encoder.buffer), decompress: (packed) => lz4.decompressFrame(packed) },
    ZSTD: {
      compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)), decompress: async (packed) => Buffer.from(zstd.decompress(packed)),
    },
  };
  const used = new Set();
  for (const [name, { compress, decompress }] of Object.entries(codecs))
    CompressionCodecs[CompressionTypes[name]] = () => ({ compress, decompress: (packed) => decompress(used.add(name) && packed) });
  return used;
}

async function main(broker) {
  const unpacked = await addCodecs();
  const kafka = new Kafka({ clientId: "js", brokers: [broker], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topic = "js.test", group = "js";
  await admin.createTopics({
    topics: [{ topic, numPartitions: 4, configEntries: [{ name: "retention.ms", value: "3600000" }] }],
  });
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
  const configs = await admin.describeConfigs({ resources: [{ type: 2, name: topic, configNames: ["retention.ms"] }] });

  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  let sent = 0;
  const send = async (values, compression) => {
    const messages = values.map((value, i) => ({ partition: i % 4, key: `k${i}`, value, headers: { h: "x" } }));
    await producer.send({ topic, compression, messages });
    sent += values.length;
  };
  for (const [name, type] of Object.entries(CompressionTypes)) await send([...Array(8).keys()].map((i) => `${name} ${i}`), type);

  const startMember = async (seen) => {
    const consumer = kafka.consumer({ groupId: group, sessionTimeout: 10000, heartbeatInterval: 200 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => seen.push(message.value.toString()) });
    return consumer;
  };
  const described = async () => (await admin.describeGroups([group])).groups[0];
  const first = [], second = [];
  const one = await startMember(first);
  await until(() => first.length === sent, "the first records");
  const two = await startMember(second);
  await until(async () => {
    const g = await described();
    return g.state === "Stable" && g.members.length === 2;
  }, "two members");
  const shares = (await described()).members.map((m) => AssignerProtocol.MemberAssignment.decode(m.memberAssignment).assignment[topic].length);
  const before = first.length;
  await until(async () => {
    await send([0, 1, 2, 3].map((i) => `more ${sent + i}`));
    return second.length > 0 && first.length > before;
  }, "records for both members");
  await until(() => first.length + second.length >= sent, "the rest");
  for (const consumer of [one, two]) await consumer.disconnect();
  const committed = async () => (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0].partitions
    .reduce((sum, p) => sum + Math.max(0, Number(p.offset)), 0);
  const committedAll = (await committed()) === sent;

  // Offsets committed in a transaction count only if it is committed: back to 1 by one that is, to 0 by none.
  const transactional = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: "js" });
  await transactional.connect();
  const back = [];
  for (const [offset, outcome] of [["0", "abort"], ["1", "commit"]]) {
    const transaction = await transactional.transaction();
    await transaction.send({ topic, messages: [{ partition: 0, value: outcome }] });
    await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: [0, 1, 2, 3].map((partition) => ({ partition, offset })) }] });
    await transaction[outcome]();
    await until(async () => ((await committed()) === sent) === (outcome === "abort"), `the offsets after ${outcome}`);
    back.push(await committed() === sent ? "kept" : await committed());
  }
  const stable = [];
  const reader = kafka.consumer({ groupId: "js-stable" });  // reads what is committed alone: kafkajs' default
  await reader.connect();
  await reader.subscribe({ topic, fromBeginning: true });
  await reader.run({ eachMessage: async ({ message }) => stable.push(message.value.toString()) });
  await until(() => stable.includes("commit"), "the committed record");
  await reader.disconnect();

  await admin.deleteGroups([group, "js-stable"]);
  await admin.deleteTopics({ topics: [topic] });
  await until(async () => !(await admin.listTopics()).includes(topic), "the topic to go");
  for (const client of [transactional, producer, admin]) await client.disconnect();
  console.log(JSON.stringify({
    partitions: metadata.topics[0].partitions.length, retention: configs.resources[0].configEntries[0].configValue, unpacked: [...unpacked].sort(), shares,
    once: first.length + second.length === sent && new Set([...first, ...second]).size === sent, committed: committedAll, offsets: back,
    aborted: stable.filter((value) => value === "abort").length,
  }));
}

main(process.argv[2]).catch((fault) => {
  console.error(fault);
  process.exit(1);
});
