import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.errors.*;

/** Commit, abort, read_committed, offsets within a transaction, fencing, time-out, and what admin shows of them. */
public class Transactions {
  static KafkaProducer<String, String> transactional(String address, String id, Object... more) {
    var settings = Client.at(address, "transactional.id", id);
    settings.putAll(Client.at(address, more));
    var producer = new KafkaProducer<>(settings, new org.apache.kafka.common.serialization.StringSerializer(),
        new org.apache.kafka.common.serialization.StringSerializer());
    producer.initTransactions();
    return producer;
  }

  static List<String> values(String address, TopicPartition partition, String isolation, int count) throws Exception {
    try (var consumer = Client.consumer(address, "isolation.level", isolation)) {
      consumer.assign(List.of(partition));
      return Client.read(consumer, count).stream().map(ConsumerRecord::value).toList();
    }
  }

  static void copyWithOffsets(String address, Admin admin) throws Exception {
    var in = new TopicPartition("java-in", 0);
    try (var source = Client.producer(address)) {
      for (int n = 0; n < 10; n++) source.send(new ProducerRecord<>("java-in", "in " + n)).get();
    }
    try (var consumer = Client.consumer(address, "group.id", "java-copy", "isolation.level", "read_committed");
        var producer = transactional(address, "java-copy")) {
      consumer.subscribe(List.of("java-in"));
      var first = Client.read(consumer, 10);
      producer.beginTransaction();
      for (var record : first) producer.send(new ProducerRecord<>("java-copied", record.value()));
      producer.sendOffsetsToTransaction(Map.of(in, new OffsetAndMetadata(5)), consumer.groupMetadata());
      producer.abortTransaction();
      Client.check(null, consumer.committed(Set.of(in)).get(in), "offset of an aborted transaction");
      producer.beginTransaction();
      for (var record : first) producer.send(new ProducerRecord<>("java-copied", "copy of " + record.value()));
      producer.sendOffsetsToTransaction(Map.of(in, new OffsetAndMetadata(10, "done")), consumer.groupMetadata());
      producer.commitTransaction();
      Client.check(new OffsetAndMetadata(10, "done"), consumer.committed(Set.of(in)).get(in), "offset of the transaction");
    }
    var copied = values(address, new TopicPartition("java-copied", 0), "read_committed", 10);
    Client.check("copy of in 0", copied.get(0), "aborted copies stay unseen");
  }

  static void fencing(String address) throws Exception {
    try (var old = transactional(address, "java-fenced")) {
      old.beginTransaction();
      old.send(new ProducerRecord<>("java-txn", "of the old one")).get();
      try (var young = transactional(address, "java-fenced")) {
        Client.refused(InvalidProducerEpochException.class, () -> {
          old.send(new ProducerRecord<>("java-txn", "too late")).get();
        });
        young.beginTransaction();
        young.send(new ProducerRecord<>("java-txn", "of the young one"));
        young.commitTransaction();
      }
    }
  }

  static void abandoned(String address, Admin admin) throws Exception {
    var producer = transactional(address, "java-abandoned", "transaction.timeout.ms", "1500");
    producer.beginTransaction();
    producer.send(new ProducerRecord<>("java-txn", "abandoned")).get();
    Client.until("the broker to abort it", () ->
        admin.describeTransactions(List.of("java-abandoned")).description("java-abandoned").get().state() == TransactionState.COMPLETE_ABORT);
    producer.close(Duration.ZERO);
  }

  public static void main(String[] args) throws Exception {
    String address = args[0];
    var partition = new TopicPartition("java-txn", 0);
    try (Admin admin = Admin.create(Client.at(address))) {
      admin.createTopics(List.of(new NewTopic("java-txn", 1, (short) 1), new NewTopic("java-in", 1, (short) 1), new NewTopic("java-copied", 1, (short) 1))).all().get();
      try (var producer = transactional(address, "java-first")) {
        for (String outcome : List.of("committed", "aborted", "committed too")) {
          producer.beginTransaction();
          for (int n = 0; n < 5; n++) producer.send(new ProducerRecord<>("java-txn", outcome)).get();
          if (outcome.equals("aborted")) producer.abortTransaction();
          else producer.commitTransaction();
        }
        Client.check(10L, values(address, partition, "read_committed", 10).stream().filter(v -> v.startsWith("committed")).count(), "committed");
        Client.check(15, values(address, partition, "read_uncommitted", 15).size(), "uncommitted");
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("java-txn", "open")).get();
        Client.check(TransactionState.ONGOING, admin.describeTransactions(List.of("java-first")).description("java-first").get().state(), "state");
        Client.check(true, admin.listTransactions().all().get().stream().anyMatch(t -> t.transactionalId().equals("java-first")), "listed");
        var active = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
        Client.check(true, active.stream().anyMatch(p -> p.currentTransactionStartOffset().isPresent()), "its start offset");
        long stable = admin.listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).partitionResult(partition).get().offset();
        long end = admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset();
        Client.check(1L, end - stable, "what is open hides from read_committed");
        producer.commitTransaction();
      }
      copyWithOffsets(address, admin);
      fencing(address);
      abandoned(address, admin);
      try (var consumer = Client.consumer(address, "isolation.level", "read_committed")) {
        consumer.assign(List.of(partition));
        var seen = Client.read(consumer, 12).stream().map(ConsumerRecord::value).toList();
        Client.check(List.of("open", "of the young one"), seen.subList(10, 12), "after fencing and time-out");
      }
      Client.refused(KafkaException.class, () -> transactional(address, "java-long", "transaction.timeout.ms", "2000000000").close());
    }
    System.out.println("ok");
  }
}
