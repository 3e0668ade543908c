import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;

/** What the cases share: clients with settings for tests, checks that throw, and waiting for a condition. */
final class Client {
  private Client() {}

  static Map<String, Object> at(String address, Object... more) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", address));
    for (int i = 0; i < more.length; i += 2) settings.put((String) more[i], more[i + 1]);
    return settings;
  }

  static KafkaProducer<String, String> producer(String address, Object... more) {
    return new KafkaProducer<>(at(address, more), new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String address, Object... more) {
    Map<String, Object> settings = at(address, "auto.offset.reset", "earliest", "enable.auto.commit", "false");
    settings.putAll(at(address, more));
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  /** Polls until there are `count` records, in the order of their arrival. */
  static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count) throws Exception {
    List<ConsumerRecord<String, String>> found = new ArrayList<>();
    until(count + " records", () -> {
      consumer.poll(Duration.ofMillis(50)).forEach(found::add);
      return found.size() >= count;
    });
    return found;
  }

  static void until(String what, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + 60_000_000_000L;
    while (!condition.call()) {
      if (System.nanoTime() > end) throw new AssertionError("waited in vain for " + what);
      Thread.sleep(5);
    }
  }

  static void check(Object wanted, Object got, String what) {
    if (!Objects.equals(wanted, got)) throw new AssertionError(what + ": wanted " + wanted + ", got " + got);
  }

  interface Action {
    void run() throws Exception;
  }

  /** The action must fail with this error, whatever wraps it. */
  static void refused(Class<? extends Exception> error, Action action) throws Exception {
    try {
      action.run();
    } catch (Exception fault) {
      for (Throwable cause = fault; cause != null; cause = cause.getCause()) if (error.isInstance(cause)) return;
      throw fault;
    }
    throw new AssertionError("no " + error.getSimpleName());
  }
}
