import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.quota.*;

/** Topics, partitions, settings, records, log folders, quotas, credentials, the cluster. */
public class Administration {
  static Config describe(Admin admin, ConfigResource resource) throws Exception {
    return admin.describeConfigs(List.of(resource)).all().get().get(resource);
  }

  static void topics(Admin admin) throws Exception {
    var topic = new NewTopic("java-admin", 2, (short) 1).configs(Map.of("retention.ms", "123456"));
    admin.createTopics(List.of(topic)).all().get();
    Client.refused(TopicExistsException.class, () -> admin.createTopics(List.of(topic)).all().get());
    Client.refused(InvalidTopicException.class, () -> admin.createTopics(List.of(new NewTopic("no/slash", 1, (short) 1))).all().get());
    Client.refused(InvalidReplicationFactorException.class, () -> admin.createTopics(List.of(new NewTopic("java-wide", 1, (short) 3))).all().get());
    Client.refused(InvalidConfigurationException.class,
        () -> admin.createTopics(List.of(new NewTopic("java-wrong", 1, (short) 1).configs(Map.of("retention.ms", "soon")))).all().get());
    Client.check(true, admin.listTopics().names().get().contains("java-admin"), "listed");
    Client.check(false, admin.listTopics().names().get().contains("java-wrong"), "nothing left of what was refused");
    admin.createPartitions(Map.of("java-admin", NewPartitions.increaseTo(5))).all().get();
    Client.until("the new partitions", () ->
        admin.describeTopics(List.of("java-admin")).allTopicNames().get().get("java-admin").partitions().size() == 5);
    Client.refused(InvalidPartitionsException.class, () -> admin.createPartitions(Map.of("java-admin", NewPartitions.increaseTo(4))).all().get());
    Client.refused(UnknownTopicOrPartitionException.class, () -> admin.describeTopics(List.of("java-nowhere")).allTopicNames().get());
  }

  static void settings(Admin admin) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, "java-admin");
    Client.check("123456", describe(admin, resource).get("retention.ms").value(), "setting at creation");
    admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE),
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND),
        new AlterConfigOp(new ConfigEntry("max.message.bytes", "2000"), AlterConfigOp.OpType.SET)))).all().get();
    Client.until("the settings", () -> "2000".equals(describe(admin, resource).get("max.message.bytes").value()));
    Client.check(ConfigEntry.ConfigSource.DEFAULT_CONFIG, describe(admin, resource).get("retention.ms").source(), "default again");
    Client.check("delete,compact", describe(admin, resource).get("cleanup.policy").value(), "appended");
    Client.check(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, describe(admin, resource).get("max.message.bytes").source(), "set here");
    Client.refused(InvalidConfigurationException.class, () -> admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("max.message.bytes", "many"), AlterConfigOp.OpType.SET)))).all().get());
    var broker = describe(admin, new ConfigResource(ConfigResource.Type.BROKER, "1"));
    Client.check(true, broker.get("num.partitions") != null && broker.get("log.retention.ms") != null, "broker's settings");
  }

  static void records(Admin admin, String address) throws Exception {
    var partition = new TopicPartition("java-admin", 0);
    try (var producer = Client.producer(address)) {
      for (int n = 0; n < 10; n++) producer.send(new ProducerRecord<>("java-admin", 0, "k", "v" + n)).get();
    }
    var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(partition).get();
    Client.check(4L, deleted.lowWatermark(), "low watermark");
    Client.check(4L, admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset(), "earliest");
    Client.check(10L, admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset(), "latest");
    Client.refused(OffsetOutOfRangeException.class, () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(40))).all().get());
    var folders = admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1);
    Client.check(true, folders.values().stream().anyMatch(f -> f.replicaInfos().containsKey(partition)), "the partition's folder");
  }

  static void cluster(Admin admin) throws Exception {
    var cluster = admin.describeCluster();
    Client.check(1, cluster.nodes().get().size(), "nodes");
    Client.check(false, cluster.clusterId().get().isEmpty(), "cluster id");
    Client.check(true, admin.describeFeatures().featureMetadata().get().finalizedFeatures().containsKey("metadata.version"), "features");
    var user = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, "java-slow"));
    admin.alterClientQuotas(List.of(new ClientQuotaAlteration(user, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1e6))))).all().get();
    Client.until("the quota", () -> Map.of("producer_byte_rate", 1e6).equals(admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get().get(user)));
    admin.alterUserScramCredentials(List.of(
        new UserScramCredentialUpsertion("java-user", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "secret"))).all().get();
    Client.until("the credential", () -> admin.describeUserScramCredentials().users().get().contains("java-user"));
    Client.refused(SecurityDisabledException.class, () -> admin.describeAcls(org.apache.kafka.common.acl.AclBindingFilter.ANY).values().get());
  }

  public static void main(String[] args) throws Exception {
    try (Admin admin = Admin.create(Client.at(args[0]))) {
      topics(admin);
      settings(admin);
      records(admin, args[0]);
      cluster(admin);
      admin.deleteTopics(List.of("java-admin")).all().get();
      Client.until("the topic to go", () -> !admin.listTopics().names().get().contains("java-admin"));
      Client.refused(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of("java-admin")).all().get());
    }
    System.out.println("ok");
  }
}
