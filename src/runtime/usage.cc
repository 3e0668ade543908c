#include "runtime/usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest.h"

namespace mes::runtime {
namespace {

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  for (const CLI::App* chosen : app.get_subcommands())
    for (std::string& flag : flags_of(*chosen)) flags.push_back(std::move(flag));
  return flags;
}

// CLI11 tells words that are left over from the last to the first.
std::string left_over(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  std::string text = fmt::format("not expected: {}", fmt::join(words, " "));
  const std::vector<std::string> flags = flags_of(app);
  const std::vector<std::string_view> names(flags.begin(), flags.end());
  for (const std::string& word : words) {
    const std::string_view flag = std::string_view(word).substr(0, word.find('='));
    const std::string_view meant = flag.starts_with("--") ? nearest(flag, names) : std::string_view();
    if (!meant.empty()) text += fmt::format("\ndid you mean {}?", meant);
  }
  return text + "\nRun with --help for more information.\n";
}

std::string what_is_wrong(const CLI::App* app, const CLI::Error& e) {
  return e.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ? left_over(*app)
                                                                            : CLI::FailureMessage::simple(app, e);
}

}  // namespace

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
  app.failure_message(what_is_wrong);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : exit_usage;
  }
}

}  // namespace mes::runtime
