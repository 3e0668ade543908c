// franz-go against the bus: admin, every codec, a group with a rebalance, transactions.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"mes/tests/clients/go/check"
)

const partitions = 4

var ctx, cancel = context.WithTimeout(context.Background(), 90*time.Second)

func client(options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(os.Args[1])}, options...)...)
	check.No(err, "client")
	return made
}

func administer(admin *kadm.Client) {
	retention := "3600000"
	_, err := admin.CreateTopic(ctx, partitions, 1, map[string]*string{"retention.ms": &retention}, "franz")
	check.No(err, "create")
	_, err = admin.CreateTopic(ctx, 1, 1, nil, "franz")
	check.Equal(true, err != nil, "a topic that is there is refused")
	size := "500000"
	altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &size}}, "franz")
	check.No(err, "alter")
	check.No(altered[0].Err, "alter")
	check.Until("the settings", func() bool {
		configs, err := admin.DescribeTopicConfigs(ctx, "franz")
		check.No(err, "describe")
		values := map[string]string{}
		for _, config := range configs[0].Configs {
			values[config.Key] = config.MaybeValue()
		}
		return values["retention.ms"] == retention && values["max.message.bytes"] == size
	})
}

func codecs() {
	all := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	for name, codec := range all {
		producer := client(kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic("franz"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		for n := 0; n < 20; n++ {
			producer.Produce(ctx, &kgo.Record{Partition: int32(n % partitions), Key: []byte(name), Value: []byte(name + strconv.Itoa(n)),
				Headers: []kgo.RecordHeader{{Key: "codec", Value: []byte(name)}}}, func(_ *kgo.Record, err error) { check.No(err, "produce") })
		}
		check.No(producer.Flush(ctx), "flush")
		producer.Close()
	}
}

type member struct {
	*kgo.Client
	sync.Mutex
	seen map[string]int
}

func join() *member {
	one := &member{seen: map[string]int{}, Client: client(kgo.ConsumerGroup("franz"), kgo.ConsumeTopics("franz"), kgo.HeartbeatInterval(200*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.AutoCommitInterval(100*time.Millisecond))}
	go func() {
		for {
			fetches := one.PollFetches(ctx)
			if fetches.IsClientClosed() || ctx.Err() != nil {
				return
			}
			one.Lock()
			fetches.EachRecord(func(r *kgo.Record) {
				check.Equal(string(r.Key), string(r.Headers[0].Value), "header")
				one.seen[string(r.Value)]++
			})
			one.Unlock()
		}
	}()
	return one
}

func (m *member) count() int {
	m.Lock()
	defer m.Unlock()
	return len(m.seen)
}

func groups(admin *kadm.Client) {
	one := join()
	check.Until("100 records", func() bool { return one.count() == 100 })
	two := join()
	check.Until("two members with partitions", func() bool {
		described, err := admin.DescribeGroups(ctx, "franz")
		check.No(err, "describe group")
		busy := 0
		for _, m := range described["franz"].Members {
			if assigned, is := m.Assigned.AsConsumer(); is && len(assigned.Topics) > 0 {
				busy++
			}
		}
		return described["franz"].State == "Stable" && busy == 2
	})
	codecs()
	check.Until("the records of both", func() bool { return one.count()+two.count() >= 100 && two.count() > 0 })
	check.Until("all offsets committed", func() bool {
		lag, err := admin.Lag(ctx, "franz")
		check.No(err, "lag")
		return lag["franz"].Lag.Total() == 0
	})
	two.Close()
	one.Close()
	check.Until("the group to go", func() bool {
		deleted, err := admin.DeleteGroups(ctx, "franz")
		return err == nil && deleted["franz"].Err == nil
	})
}

func transactions(admin *kadm.Client) {
	_, err := admin.CreateTopic(ctx, 1, 1, nil, "franz-txn")
	check.No(err, "create")
	producer := client(kgo.TransactionalID("franz"), kgo.DefaultProduceTopic("franz-txn"))
	for _, outcome := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		check.No(producer.BeginTransaction(), "begin")
		check.No(producer.ProduceSync(ctx, kgo.StringRecord(fmt.Sprint(bool(outcome)))).FirstErr(), "produce in a transaction")
		check.No(producer.EndTransaction(ctx, outcome), "end")
	}
	producer.Close()
	reader := client(kgo.ConsumeTopics("franz-txn"), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	check.Equal("true", string(reader.PollFetches(ctx).Records()[0].Value), "the committed record is the first")
	reader.Close()
}

func main() {
	defer cancel()
	base := client()
	admin := kadm.NewClient(base)
	administer(admin)
	codecs()
	groups(admin)
	transactions(admin)
	deleted, err := admin.DeleteTopics(ctx, "franz", "franz-txn")
	check.No(err, "delete")
	check.No(deleted["franz"].Err, "delete")
	base.Close()
	fmt.Println("ok")
}
