#include "bus/cli/interruption.h"

#include <csignal>
#include <initializer_list>

namespace mes::bus::cli {
namespace {

constexpr int exit_signalled = 128;

volatile std::sig_atomic_t signal_number = 0;  // a signal's handler reaches nothing else

}  // namespace

interruption::interruption() {
  struct sigaction action{};
  action.sa_handler = [](int number) { signal_number = number; };
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);  // a write that is under way goes on
  for (const int number : {SIGINT, SIGTERM}) sigaction(number, &action, nullptr);
}

bool interruption::came() const { return signal_number != 0; }
int interruption::exit_code() const { return exit_signalled + signal_number; }

}  // namespace mes::bus::cli
