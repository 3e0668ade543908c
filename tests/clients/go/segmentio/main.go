// segmentio/kafka-go against the bus: admin, every codec, a group with a rebalance. It has no transactions.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"mes/tests/clients/go/check"
)

const partitions = 4

var ctx, cancel = context.WithTimeout(context.Background(), 90*time.Second)

func produce(rounds int) {
	for _, codec := range []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd} {
		writer := &kafka.Writer{Addr: kafka.TCP(os.Args[1]), Topic: "segmentio", Compression: codec, RequiredAcks: kafka.RequireAll,
			Balancer: &kafka.RoundRobin{}, BatchTimeout: 5 * time.Millisecond}
		var messages []kafka.Message
		for n := 0; n < rounds; n++ {
			messages = append(messages, kafka.Message{Key: []byte("k"), Value: []byte(codec.String() + strconv.Itoa(n)),
				Headers: []kafka.Header{{Key: "codec", Value: []byte(codec.String())}}})
		}
		check.No(writer.WriteMessages(ctx, messages...), "write")
		check.No(writer.Close(), "close")
	}
}

func join(seen *atomic.Int64) *kafka.Reader {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: os.Args[1:], GroupID: "segmentio", Topic: "segmentio", MaxWait: 50 * time.Millisecond,
		HeartbeatInterval: 200 * time.Millisecond, StartOffset: kafka.FirstOffset, JoinGroupBackoff: 100 * time.Millisecond})
	go func() {
		for {
			message, err := reader.FetchMessage(ctx)
			if err != nil {
				return
			}
			check.Equal(1, len(message.Headers), "headers")
			check.No(reader.CommitMessages(ctx, message), "commit")
			seen.Add(1)
		}
	}()
	return reader
}

func main() {
	defer cancel()
	client := &kafka.Client{Addr: kafka.TCP(os.Args[1]), Timeout: 10 * time.Second}
	created, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "segmentio", NumPartitions: partitions,
		ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "3600000"}}}}})
	check.No(err, "create")
	check.No(created.Errors["segmentio"], "create")
	check.Until("the topic", func() bool {
		metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{"segmentio"}})
		return err == nil && len(metadata.Topics) == 1 && len(metadata.Topics[0].Partitions) == partitions
	})
	configs, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: "segmentio", ConfigNames: []string{"retention.ms"}}}})
	check.No(err, "describe")
	check.Equal("3600000", configs.Resources[0].ConfigEntries[0].ConfigValue, "retention.ms")

	produce(20)
	var first, second atomic.Int64
	one := join(&first)
	check.Until("100 records", func() bool { return first.Load() == 100 })
	two := join(&second)
	check.Until("two members", func() bool {
		groups, err := client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{"segmentio"}})
		return err == nil && groups.Groups[0].GroupState == "Stable" && len(groups.Groups[0].Members) == 2
	})
	for sent := int64(0); second.Load() == 0; {
		produce(8)
		sent += 40
		check.Until("the next records", func() bool { return first.Load()+second.Load() >= 100+sent })
	}
	check.No(two.Close(), "close")
	check.No(one.Close(), "close")
	deleted, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{"segmentio"}})
	check.No(err, "delete")
	check.No(deleted.Errors["segmentio"], "delete")
	fmt.Println("ok")
}
