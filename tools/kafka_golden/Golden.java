import java.lang.reflect.*;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.compress.*;

/**
 * Prints every request and response of the wanted APIs in every version, all fields set, as Kafka's own classes write
 * them, and one record batch in each codec: tests/golden/kafka_messages.txt. With kafka-clients 4.2.0 and its codecs
 * (lz4-java, snappy-java, zstd-jni, slf4j-api) on the class path:
 *   java -cp ... Golden.java $(grep -h ^request contracts/kafka/*.txt | cut -d' ' -f2 | paste -sd,)
 */
public class Golden {
  static int counter = 0;
  static int next() { return ++counter % 100 + 1; }
  static Object value(Class<?> c, Type g, boolean deep) throws Exception {
    if (c == int.class) return next() * 1000;
    if (c == short.class) return (short) next();
    if (c == byte.class) return (byte) (next() % 3);
    if (c == long.class) return (long) next() * 10000000000L;
    if (c == boolean.class) return true;
    if (c == double.class) return next() + 0.5;
    if (c == String.class) return "text-" + next();
    if (c == byte[].class) return ("bytes-" + next()).getBytes();
    if (c == ByteBuffer.class) return ByteBuffer.wrap(("buffer-" + next()).getBytes());
    if (c == Uuid.class) return new Uuid(next() * 77777L, next() * 99999L);
    if (c == BaseRecords.class) return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1700000000000L, "k".getBytes(), ("v" + next()).getBytes()));
    if (List.class.isAssignableFrom(c)) {
      Type e = ((ParameterizedType) g).getActualTypeArguments()[0];
      List<Object> l = new ArrayList<>();
      Class<?> ec = (Class<?>) e;
      for (int i = 0; i < 2; i++) {
        if (ec == Integer.class) l.add(next()); else if (ec == Short.class) l.add((short) next()); else if (ec == Byte.class) l.add((byte) next()); else if (ec == Long.class) l.add((long) next());
        else l.add(value(ec, ec, deep));
      }
      return l;
    }
    if (ImplicitLinked(c)) {
      Object coll = c.getConstructor().newInstance();
      Type e = ((ParameterizedType) c.getGenericSuperclass()).getActualTypeArguments()[0];
      for (int i = 0; i < 2; i++) ((Collection) coll).add(value((Class<?>) e, e, deep));
      return coll;
    }
    if (Message.class.isAssignableFrom(c)) {
      Object o = c.getConstructor().newInstance();
      return o;
    }
    throw new RuntimeException("type " + c);
  }
  static boolean ImplicitLinked(Class<?> c) {
    for (Class<?> s = c; s != null; s = s.getSuperclass()) if (s.getSimpleName().startsWith("ImplicitLinkedHash")) return true;
    return false;
  }
  // Sets each field that this version can carry.
  static void fill(Message m, Message root, short v) throws Exception {
    List<Method> ms = new ArrayList<>(Arrays.asList(m.getClass().getMethods()));
    ms.removeIf(x -> !x.getName().startsWith("set") || x.getParameterCount() != 1 || x.getReturnType() != m.getClass() || x.getName().equals("setUnknownTaggedFields"));
    ms.sort(Comparator.comparing(Method::getName));
    for (Method s : ms) {
      String f = Character.toLowerCase(s.getName().charAt(3)) + s.getName().substring(4);
      Method get;
      try { get = m.getClass().getMethod(f); } catch (NoSuchMethodException e) { continue; }
      Object before = get.invoke(m);
      Object val = value(s.getParameterTypes()[0], s.getGenericParameterTypes()[0], true);
      s.invoke(m, val);
      List<Message> inner = new ArrayList<>();
      if (val instanceof Message mm) inner.add(mm);
      if (val instanceof Collection cc) for (Object o : cc) if (o instanceof Message mm) inner.add(mm);
      boolean ok = writes(root, v);
      if (!ok) { s.invoke(m, before); continue; }
      for (Message i : inner) fill(i, root, v);
    }
  }
  static byte[] bytes(Message m, short v) {
    ByteBuffer b = MessageUtil.toByteBufferAccessor(m, v).buffer(); byte[] r = new byte[b.remaining()]; b.get(r); return r;
  }
  static boolean writes(Message m, short v) {
    try { bytes(m, v); return true; } catch (Exception e) { return false; }
  }
  static String hex(byte[] b) { return HexFormat.of().formatHex(b); }
  public static void main(String[] a) throws Exception {
    Set<Integer> want = new HashSet<>(); for (String s : a[0].split(",")) want.add(Integer.parseInt(s));
    for (ApiMessageType t : ApiMessageType.values()) {
      if (!want.contains((int) t.apiKey())) continue;
      for (short v = t.lowestSupportedVersion(); v <= t.highestSupportedVersion(true); v++) {
        for (int k = 0; k < 2; k++) {
          ApiMessage m = k == 0 ? t.newRequest() : t.newResponse();
          counter = 0;
          String empty = null;
          fill(m, m, v);
          System.out.println((k == 0 ? "request " : "response ") + t.apiKey() + " " + v + " " + hex(bytes(m, v)));
        }
      }
    }
    for (CompressionType c : CompressionType.values()) {
      Compression comp = switch (c) { case NONE -> Compression.NONE; case GZIP -> Compression.gzip().build(); case SNAPPY -> Compression.snappy().build(); case LZ4 -> Compression.lz4().build(); case ZSTD -> Compression.zstd().build(); };
      MemoryRecords r = MemoryRecords.withIdempotentRecords(comp, 4000L, (short) 3, 17, new SimpleRecord(1700000000000L, "key-1".getBytes(), "value-1 value-1 value-1".getBytes()),
        new SimpleRecord(1700000000500L, null, "value-2".getBytes(), new org.apache.kafka.common.header.Header[]{new org.apache.kafka.common.header.internals.RecordHeader("h", "x".getBytes()), new org.apache.kafka.common.header.internals.RecordHeader("null", null)}),
        new SimpleRecord(1699999999000L, "key-3".getBytes(), null));
      byte[] b = new byte[r.sizeInBytes()]; r.buffer().get(b);
      System.out.println("batch " + c.name + " " + hex(b));
    }
  }
}
