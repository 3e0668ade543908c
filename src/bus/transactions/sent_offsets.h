// Offsets that open transactions have sent, by what readers of stable offsets, commits without a transaction and the
// ends of other transactions ask: who has sent one of this partition? They ask for every partition that they name.
//
// transaction::offsets of what the coordinator keeps is changed here alone, so that the index misses none.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bus/transactions/transaction.h"

namespace mes::bus::transactions {

class sent_offsets {
 public:
  void put(transaction& t, const std::string& group, const groups::topic_partition& where, groups::committed_offset o);
  void erase(transaction& t, const std::string& group, const groups::topic_partition& where);
  void erase_group(transaction& t, const std::string& group);
  void erase_topic(transaction& t, const std::string& topic);
  void clear(transaction& t);
  void assign(transaction& to, const transaction& from);

  bool contain(const std::string& group) const { return _by_group.contains(group); }
  bool contain(const std::string& group, const groups::topic_partition& where) const;
  // Ids of transactions.
  std::vector<std::string> senders(const std::string& group) const;
  std::vector<std::string> senders(const std::string& group, const groups::topic_partition& where) const;

 private:
  using copies = std::map<std::string, std::uint32_t>;  // by transaction: as it was last written, and as it is durable
  void count(const transaction& t, const std::string& group, const groups::topic_partition& where);
  void discount(const transaction& t, const std::string& group, const groups::topic_partition& where);

  std::map<std::string, std::map<groups::topic_partition, copies>> _by_group;
};

}  // namespace mes::bus::transactions
