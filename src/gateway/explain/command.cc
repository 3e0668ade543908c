#include "gateway/explain/command.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>

#include "gateway/config/built_in.h"
#include "gateway/config/read_text.h"
#include "gateway/explain/explain.h"
#include "runtime/http_client.h"
#include "runtime/usage.h"

namespace mes::gateway {
namespace {

constexpr int exit_not_taken = 1;
using runtime::exit_usage;

// Where a configuration is: at a gateway that runs, in a file, else in this program.
struct place {
  std::string admin, file;

  std::string name() const { return !admin.empty() ? admin + "/config" : !file.empty() ? file : "kong.yml"; }
};

result<std::string> ask_gateway(const std::string& url) {
  auto answer = runtime::http_fetch({.url = url, .headers = {}, .body = {}, .ca_file = {}});
  if (!answer) return fail(answer.error().code, fmt::format("{}: {}", url, answer.error().message));
  if (answer->status != 200)
    return fail(error_code::unavailable, fmt::format("{} was answered with status {}", url, answer->status));
  boost::system::error_code failure;
  const boost::json::value body = boost::json::parse(answer->body, failure);
  const auto* object = failure ? nullptr : body.if_object();
  const auto* text = object ? object->if_contains("config") : nullptr;
  if (!text || !text->is_string())
    return fail(error_code::invalid_argument, fmt::format("{} is no gateway's: no text is called config in it", url));
  return std::string(text->get_string().data(), text->get_string().size());
}

result<std::string> read(const place& from) {
  if (!from.admin.empty()) return ask_gateway(from.name());
  return from.file.empty() ? std::string(built_in_configuration()) : read_text(from.file);
}

int refuse(std::string_view why) {
  fmt::print(stderr, "{}\n", why);
  return exit_usage;
}

int explain_to_people(const place& from, const explain_question& q) {
  auto text = read(from);
  if (!text) return refuse(text.error().message);
  reporter report(from.name());
  auto all = load_configuration(std::move(*text), report);
  if (!all) {
    for (const diagnostic& d : report.sorted())
      if (d.kind == severity::error) refuse(report.text_of(d));
    return exit_usage;
  }
  auto said = explain(*all, q);
  if (!said) return refuse(said.error().message);
  fmt::print("{}", said->text);
  return said->taken ? 0 : exit_not_taken;
}

int explain_command(int argc, char** argv) {
  CLI::App app("Which route takes a request, and why; which came second; what then runs, and where it goes",
               "mes gateway explain");
  app.get_formatter()->column_width(32);
  app.footer(
      "It reads a file. What the Admin API wrote over it, the gateway alone knows:\n"
      "  mes gateway explain GET /x --admin http://127.0.0.1:8001\n"
      "  curl http://127.0.0.1:8001/config\n");
  explain_question q;
  place from;
  app.add_option("method", q.method, "GET, POST, …")->required();
  app.add_option("url", q.url, "https://host:port/path?query, or /path alone")->required();
  app.add_option("-H,--header", q.headers, "'Name: value'; may be given again")->take_all();
  app.add_option("--sni", q.sni, "Name in the TLS handshake [default: the URL's host]");
  app.add_option("--consumer", q.consumer, "Username of who sends it");
  app.add_option("--kong-config,--config", from.file,
                 "Declarative configuration [default: the built-in infrastructure/kong/kong.yml] [MES_KONG_CONFIG]")
      ->envname("MES_KONG_CONFIG");
  app.add_option("--admin", from.admin, "Admin API of the gateway that is asked for its configuration instead");
  if (const auto code = runtime::parse_command_line(app, argc, argv)) return *code;
  while (from.admin.ends_with('/')) from.admin.pop_back();
  return explain_to_people(from, q);
}

}  // namespace

const std::vector<runtime::role_command>& commands() {
  static const std::vector<runtime::role_command> table = {
      {"explain", "Which route takes METHOD URL and why, what runs, where it goes", explain_command},
  };
  return table;
}

}  // namespace mes::gateway
