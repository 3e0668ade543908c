// sarama against the bus: admin, every codec, a group with a rebalance, transactions.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"mes/tests/clients/go/check"
)

const partitions = 4

var brokers = os.Args[1:]

func config() *sarama.Config {
	made := sarama.NewConfig()
	made.Version = sarama.V3_6_0_0
	made.Producer.Return.Successes = true
	made.Producer.Partitioner = sarama.NewManualPartitioner
	made.Consumer.Offsets.Initial = sarama.OffsetOldest
	made.Consumer.Offsets.AutoCommit.Interval = 100 * time.Millisecond
	made.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	made.Consumer.MaxWaitTime = 50 * time.Millisecond
	return made
}

func administer(admin sarama.ClusterAdmin) {
	retention, size := "3600000", "500000"
	check.No(admin.CreateTopic("sarama", &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1,
		ConfigEntries: map[string]*string{"retention.ms": &retention}}, false), "create")
	check.No(admin.IncrementalAlterConfig(sarama.TopicResource, "sarama", map[string]sarama.IncrementalAlterConfigsEntry{
		"max.message.bytes": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &size}}, false), "alter")
	check.Until("the settings", func() bool {
		entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: "sarama", ConfigNames: []string{"retention.ms", "max.message.bytes"}})
		check.No(err, "describe")
		values := map[string]string{}
		for _, entry := range entries {
			values[entry.Name] = entry.Value
		}
		return values["retention.ms"] == retention && values["max.message.bytes"] == size
	})
}

func codecs() {
	for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD} {
		settings := config()
		settings.Producer.Compression = codec
		settings.Producer.Idempotent = true
		settings.Producer.RequiredAcks = sarama.WaitForAll
		settings.Net.MaxOpenRequests = 1
		producer, err := sarama.NewSyncProducer(brokers, settings)
		check.No(err, "producer")
		for n := 0; n < 20; n++ {
			_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "sarama", Partition: int32(n % partitions), Key: sarama.StringEncoder(codec.String()),
				Value: sarama.StringEncoder(codec.String() + strconv.Itoa(n)), Headers: []sarama.RecordHeader{{Key: []byte("codec"), Value: []byte(codec.String())}}})
			check.No(err, "produce")
		}
		check.No(producer.Close(), "close")
	}
}

type member struct {
	sync.Mutex
	group  sarama.ConsumerGroup
	seen   map[string]int
	claims int
	stop   context.CancelFunc
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.Lock()
	defer m.Unlock()
	m.claims = len(session.Claims()["sarama"])
	return nil
}
func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		check.Equal(string(message.Key), string(message.Headers[0].Value), "header")
		m.Lock()
		m.seen[string(message.Value)]++
		m.Unlock()
		session.MarkMessage(message, "")
	}
	return nil
}

func (m *member) is(condition func() bool) bool {
	m.Lock()
	defer m.Unlock()
	return condition()
}

func join() *member {
	group, err := sarama.NewConsumerGroup(brokers, "sarama", config())
	check.No(err, "group")
	ctx, stop := context.WithCancel(context.Background())
	one := &member{group: group, seen: map[string]int{}, stop: stop}
	go func() {
		for ctx.Err() == nil {
			if err := group.Consume(ctx, []string{"sarama"}, one); err != nil {
				return
			}
		}
	}()
	return one
}

func groups(admin sarama.ClusterAdmin) {
	one := join()
	check.Until("100 records", func() bool { return one.is(func() bool { return len(one.seen) == 100 }) })
	two := join()
	check.Until("half of the partitions each", func() bool {
		return one.is(func() bool { return one.claims == 2 }) && two.is(func() bool { return two.claims == 2 })
	})
	codecs()
	check.Until("records for the second", func() bool { return two.is(func() bool { return len(two.seen) == 50 }) })
	check.Until("all offsets committed", func() bool {
		offsets, err := admin.ListConsumerGroupOffsets("sarama", map[string][]int32{"sarama": {0, 1, 2, 3}})
		check.No(err, "offsets")
		sum := int64(0)
		for p := int32(0); p < partitions; p++ {
			sum += offsets.GetBlock("sarama", p).Offset
		}
		return sum == 200
	})
	for _, m := range []*member{two, one} {
		m.stop()
		check.No(m.group.Close(), "close")
	}
	check.Until("the group to go", func() bool { return admin.DeleteConsumerGroup("sarama") == nil })
}

func transactions(admin sarama.ClusterAdmin) {
	check.No(admin.CreateTopic("sarama-txn", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false), "create")
	settings := config()
	settings.Producer.Idempotent = true
	settings.Producer.RequiredAcks = sarama.WaitForAll
	settings.Producer.Transaction.ID = "sarama"
	settings.Net.MaxOpenRequests = 1
	producer, err := sarama.NewSyncProducer(brokers, settings)
	check.No(err, "producer")
	for _, end := range []struct {
		name string
		call func() error
	}{{"abort", producer.AbortTxn}, {"commit", producer.CommitTxn}} {
		check.No(producer.BeginTxn(), "begin")
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "sarama-txn", Value: sarama.StringEncoder(end.name)})
		check.No(err, "produce in a transaction")
		check.No(end.call(), end.name)
	}
	check.No(producer.Close(), "close")
	settings = config()
	settings.Consumer.IsolationLevel = sarama.ReadCommitted
	consumer, err := sarama.NewConsumer(brokers, settings)
	check.No(err, "consumer")
	reader, err := consumer.ConsumePartition("sarama-txn", 0, sarama.OffsetOldest)
	check.No(err, "partition")
	select {
	case message := <-reader.Messages():
		check.Equal("commit", string(message.Value), "the committed record is the first")
	case <-time.After(30 * time.Second):
		check.Fail("no committed record")
	}
	check.No(consumer.Close(), "close")
}

func main() {
	admin, err := sarama.NewClusterAdmin(brokers, config())
	check.No(err, "admin")
	administer(admin)
	codecs()
	groups(admin)
	transactions(admin)
	check.No(admin.DeleteTopic("sarama"), "delete")
	check.No(admin.Close(), "close")
	fmt.Println("ok")
}
