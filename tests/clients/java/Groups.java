import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;

/** A group by the protocol named in the second argument: classic, cooperative or consumer (KIP-848). */
public class Groups {
  static final int PARTITIONS = 6;

  static Object[] settings(String protocol, String group) {
    return switch (protocol) {
      case "classic" -> new Object[] {"group.id", group, "partition.assignment.strategy", RangeAssignor.class.getName(), "heartbeat.interval.ms", "200"};
      case "cooperative" -> new Object[] {"group.id", group, "partition.assignment.strategy", CooperativeStickyAssignor.class.getName(), "heartbeat.interval.ms", "200"};
      default -> new Object[] {"group.id", group, "group.protocol", "consumer"};
    };
  }

  static void produce(String address, String topic, int from, int to) {
    try (var producer = Client.producer(address)) {
      for (int n = from; n < to; n++) producer.send(new ProducerRecord<>(topic, n % PARTITIONS, "k", "v" + n));
    }
  }

  public static void main(String[] args) throws Exception {
    String address = args[0], protocol = args[1], topic = "java-group-" + protocol, group = "java-" + protocol;
    try (Admin admin = Admin.create(Client.at(address))) {
      admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
      produce(address, topic, 0, 60);
      Map<String, Integer> seen = new HashMap<>();
      try (var one = Client.consumer(address, settings(protocol, group)); var two = Client.consumer(address, settings(protocol, group))) {
        one.subscribe(List.of(topic));
        Client.until("all partitions for the first member", () -> {
          one.poll(Duration.ofMillis(20)).forEach(r -> seen.merge(r.value(), 1, Integer::sum));
          return one.assignment().size() == PARTITIONS && seen.size() == 60;
        });
        one.commitSync();
        two.subscribe(List.of(topic));
        Client.until("half of the partitions each", () -> {
          one.poll(Duration.ofMillis(20)).forEach(r -> seen.merge(r.value(), 1, Integer::sum));
          two.poll(Duration.ofMillis(20)).forEach(r -> seen.merge(r.value(), 1, Integer::sum));
          return one.assignment().size() == PARTITIONS / 2 && two.assignment().size() == PARTITIONS / 2;
        });
        Client.check(60, seen.size(), "records seen by the group");
        Client.check(true, seen.values().stream().allMatch(times -> times == 1), "each record once over a rebalance");
        var described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        Client.check(2, described.members().size(), "members");
        Client.check("STABLE", described.groupState().name(), "state");
        produce(address, topic, 60, 120);
        Client.until("records of both halves", () -> {
          one.poll(Duration.ofMillis(20)).forEach(r -> seen.merge(r.value(), 1, Integer::sum));
          two.poll(Duration.ofMillis(20)).forEach(r -> seen.merge(r.value(), 1, Integer::sum));
          return seen.size() == 120;
        });
        two.commitSync(Map.of(new TopicPartition(topic, two.assignment().iterator().next().partition()), new OffsetAndMetadata(20, "as written")));
        one.commitSync();
        two.commitSync();
        two.close();
        Client.until("all partitions again", () -> {
          one.poll(Duration.ofMillis(20)).forEach(r -> seen.merge(r.value(), 1, Integer::sum));
          return one.assignment().size() == PARTITIONS;
        });
        Client.check(120, seen.values().stream().mapToInt(Integer::intValue).sum(), "each record once");
        Client.check(20L, one.committed(Set.of(new TopicPartition(topic, 0))).get(new TopicPartition(topic, 0)).offset(), "committed");
      }
      var partition = new TopicPartition(topic, 1);
      Client.until("an empty group", () -> admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().isEmpty());
      admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(3, "moved"))).all().get();
      var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      Client.check(new OffsetAndMetadata(3, "moved"), offsets.get(partition), "altered offset");
      admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
      Client.check(null, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), "deleted offset");
      admin.deleteConsumerGroups(List.of(group)).all().get();
      Client.check(true, admin.listGroups().all().get().stream().noneMatch(g -> g.groupId().equals(group)), "group is gone");
    }
    System.out.println("ok");
  }
}
