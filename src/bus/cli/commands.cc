#include "bus/cli/commands.h"

namespace mes::bus::cli {

const std::vector<runtime::role_command>& commands() {
  static const std::vector<runtime::role_command> table = {
      {"topics", "Topics with their partitions and records; one topic in detail", topics_command},
      {"tail", "Records of a topic as they come, or from an offset or a time on", tail_command},
      {"groups", "Consumer groups with members and lag; one group in detail", groups_command},
      {"reset-offsets", "Set from where a consumer group reads on", reset_offsets_command},
      {"redrive", "Send dead letters back to the topics that they came from", redrive_command},
      {"verify", "Read all files of a bus that is down; tell what does not hold together", verify_command},
  };
  return table;
}

}  // namespace mes::bus::cli
