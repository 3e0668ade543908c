import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Every codec, keys, headers, tombstones, timestamps, offsets by time, a record that is too large. */
public class Records {
  static final long START_MS = 1_790_000_000_000L;

  static ProducerRecord<String, String> record(String topic, int n) {
    String value = n % 7 == 0 ? null : "value " + n + " ".repeat(n % 50);
    return new ProducerRecord<>(topic, 0, START_MS + n * 10L, "key " + n % 5, value,
        List.of(new RecordHeader("n", Integer.toString(n).getBytes(StandardCharsets.UTF_8)), new RecordHeader("null", null)));
  }

  static void codec(String address, String codec) throws Exception {
    String topic = "java-" + codec;
    try (var producer = Client.producer(address, "compression.type", codec, "linger.ms", "20")) {
      var sent = new ArrayList<java.util.concurrent.Future<RecordMetadata>>();
      for (int n = 0; n < 200; n++) sent.add(producer.send(record(topic, n)));
      producer.flush();
      for (int n = 0; n < 200; n++) Client.check((long) n, sent.get(n).get().offset(), codec + " offset");
    }
    var partition = new TopicPartition(topic, 0);
    try (var consumer = Client.consumer(address)) {
      consumer.assign(List.of(partition));
      int n = 0;
      for (var got : Client.read(consumer, 200)) {
        var wanted = record(topic, n);
        Client.check((long) n, got.offset(), codec + " offset");
        Client.check(wanted.key(), got.key(), codec + " key");
        Client.check(wanted.value(), got.value(), codec + " value");
        Client.check(wanted.timestamp(), got.timestamp(), codec + " timestamp");
        Client.check(wanted.headers(), got.headers(), codec + " headers");
        n++;
      }
      consumer.seek(partition, 150);  // in the middle of a batch
      Client.check(150L, Client.read(consumer, 1).get(0).offset(), "offset after seek");
      var at = consumer.offsetsForTimes(Map.of(partition, START_MS + 995)).get(partition);
      Client.check(100L, at.offset(), "first offset not older than a time");
      Client.check(START_MS + 1000, at.timestamp(), "its time");
      Client.check(null, consumer.offsetsForTimes(Map.of(partition, START_MS + 10_000)).get(partition), "after the last");
      Client.check(0L, consumer.beginningOffsets(List.of(partition)).get(partition), "beginning");
      Client.check(200L, consumer.endOffsets(List.of(partition)).get(partition), "end");
    }
  }

  public static void main(String[] args) throws Exception {
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) codec(args[0], codec);
    try (var producer = Client.producer(args[0], "max.request.size", "3000000")) {
      Client.refused(RecordTooLargeException.class, () -> producer.send(new ProducerRecord<>("java-none", "x".repeat(2_000_000))).get());
    }
    System.out.println("ok");
  }
}
