// Handlers of transactions: from Kafka's messages to the coordinator and back.
#pragma once

#include "bus/handlers/call.h"
#include "wire/kafka/generated/admin.h"
#include "wire/kafka/generated/transactions.h"

namespace mes::bus::handlers {

void init_producer_id(const call& c, wire::kafka::init_producer_id_request& request);
void add_partitions_to_txn(const call& c, wire::kafka::add_partitions_to_txn_request& request);
void add_offsets_to_txn(const call& c, wire::kafka::add_offsets_to_txn_request& request);
void end_txn(const call& c, wire::kafka::end_txn_request& request);
void txn_offset_commit(const call& c, wire::kafka::txn_offset_commit_request& request);
void write_txn_markers(const call& c, wire::kafka::write_txn_markers_request& request);
void describe_transactions(const call& c, wire::kafka::describe_transactions_request& request);
void list_transactions(const call& c, wire::kafka::list_transactions_request& request);
void describe_producers(const call& c, wire::kafka::describe_producers_request& request);

}  // namespace mes::bus::handlers
