import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

/** Kafka Streams with exactly_once_v2: words are counted over a restart in the middle, each once. */
public class WordCount {
  static KafkaStreams counter(String address, Path folder) {
    var settings = new Properties();
    settings.putAll(Client.at(address, "application.id", "java-words", "processing.guarantee", "exactly_once_v2", "state.dir", folder.toString(),
        "commit.interval.ms", "100", "session.timeout.ms", "6000", "num.stream.threads", "1", "replication.factor", "1", "statestore.cache.max.bytes", "0"));
    var builder = new StreamsBuilder();
    builder.stream("java-lines", Consumed.with(Serdes.String(), Serdes.String()))
        .flatMapValues(line -> List.of(line.split(" ")))
        .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
        .count(Materialized.as("counts"))
        .toStream()
        .to("java-counts", Produced.with(Serdes.String(), Serdes.Long()));
    var streams = new KafkaStreams(builder.build(), settings);
    streams.start();
    return streams;
  }

  static void produce(String address, int lines) throws Exception {
    try (var producer = Client.producer(address)) {
      for (int n = 0; n < lines; n++) producer.send(new ProducerRecord<>("java-lines", "k" + n, "every word counts " + n % 3));
    }
  }

  public static void main(String[] args) throws Exception {
    String address = args[0];
    var folder = Path.of(args[1]);
    try (Admin admin = Admin.create(Client.at(address))) {
      admin.createTopics(List.of(new NewTopic("java-lines", 2, (short) 1), new NewTopic("java-counts", 1, (short) 1))).all().get();
    }
    Map<String, Long> latest = new HashMap<>();
    Map<String, Set<Long>> all = new HashMap<>();
    int[] outputs = {0};
    try (var consumer = new KafkaConsumer<>(Client.at(address, "group.id", "java-readers", "auto.offset.reset", "earliest", "isolation.level", "read_committed"),
        new StringDeserializer(), new LongDeserializer())) {
      consumer.subscribe(List.of("java-counts"));
      for (int round = 1; round <= 2; round++) {
        produce(address, 30);
        long wanted = 30L * round;
        var streams = counter(address, folder);
        Client.until(wanted + " of each word", () -> {
          consumer.poll(Duration.ofMillis(50)).forEach(r -> {
            latest.put(r.key(), r.value());
            all.computeIfAbsent(r.key(), k -> new TreeSet<>()).add(r.value());
            outputs[0]++;
          });
          return List.of("every", "word", "counts").stream().allMatch(w -> latest.getOrDefault(w, 0L) >= wanted);
        });
        streams.close(Duration.ofSeconds(20));
      }
      Client.until("the rest", () -> {
        consumer.poll(Duration.ofMillis(50)).forEach(r -> { latest.put(r.key(), r.value()); outputs[0]++; });
        return outputs[0] >= 240;
      });
    }
    Client.check(Map.of("every", 60L, "word", 60L, "counts", 60L, "0", 20L, "1", 20L, "2", 20L), latest, "counts");
    Client.check(240, outputs[0], "one output for each word");
    System.out.println("ok");
  }
}
