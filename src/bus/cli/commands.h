// `mes bus COMMAND`: what people ask of a bus, through Kafka's protocol; `verify` reads the files of one that is down.
#pragma once

#include <vector>

#include "runtime/process.h"

namespace mes::bus::cli {

// Each parses its own arguments (argv[0] is the command's name) and returns the exit code: 0 done, 1 failed, 2 usage.
const std::vector<runtime::role_command>& commands();

int topics_command(int argc, char** argv);
int tail_command(int argc, char** argv);
int groups_command(int argc, char** argv);
int reset_offsets_command(int argc, char** argv);
int redrive_command(int argc, char** argv);
int verify_command(int argc, char** argv);

}  // namespace mes::bus::cli
