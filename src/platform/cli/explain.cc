#include "platform/cli/explain.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "gateway/explain/explain.h"
#include "platform/cli/play.h"

namespace mes::platform {

int explain_route_command(int argc, char** argv) {
  CLI::App app("Which route takes a request, and why; which came second; what then runs, and where it goes",
               "mes gateway explain");
  app.get_formatter()->column_width(32);
  gateway::explain_question q;
  std::string file;
  app.add_option("method", q.method, "GET, POST, …")->required();
  app.add_option("url", q.url, "https://host:port/path?query, or /path alone")->required();
  app.add_option("-H,--header", q.headers, "'Name: value'; may be given again")->take_all();
  app.add_option("--sni", q.sni, "Name in the TLS handshake [default: the URL's host]");
  app.add_option("--consumer", q.consumer, "Username of who sends it");
  app.add_option("--config", file, "Declarative configuration [default: the built-in infrastructure/kong/kong.yml]");
  try {
    app.parse(argc - 2, argv + 2);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : exit_usage;
  }
  return gateway::explain_command(file, q);
}

}  // namespace mes::platform
