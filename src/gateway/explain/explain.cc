#include "gateway/explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "gateway/config/plugin_scope.h"
#include "gateway/explain/question.h"
#include "gateway/http/field_value.h"
#include "gateway/plugins/plugin.h"
#include "gateway/router/path.h"
#include "gateway/router/router.h"

namespace mes::gateway {
namespace {

constexpr std::size_t others_max = 5;

struct fitting {
  const route_matcher* matcher = nullptr;
  route_match match;
};

class writer {
 public:
  writer(const configuration& all, const parsed_question& q) : _all(all), _q(q), _router(all), _subject(q.query) {}

  explanation write(const explain_question& asked) {
    find();
    request();
    if (_fits.empty()) {
      line("404 no Route matched with those values\n");
      near_misses();
      return {.text = std::move(_text), .taken = false};
    }
    const fitting& won = _fits.front();
    winner(won);
    if (!answered(*won.matcher->of)) {
      plugins(won, asked.consumer);
      upstream_of(won);
    }
    second();
    near_misses();
    return {.text = std::move(_text), .taken = true};
  }

 private:
  // Names of the configuration and of the question may hold anything; a terminal gets no control characters of them.
  template <class Arg>
  static auto shown(const Arg& arg) {
    if constexpr (std::convertible_to<const Arg&, std::string_view>)
      return escape_controls(arg);
    else
      return arg;
  }

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    _text += fmt::vformat(format, fmt::make_format_args(shown(args)...));
    _text += '\n';
  }

  std::string place(const record& source, std::string_view member = {}) const {
    return fmt::format("{}:{}", _all.file, member.empty() ? source.mark.line : source.mark_of(member).line);
  }

  void find() {
    const std::vector<route_matcher>& all = _router.matchers();
    for (std::uint32_t rank = 0; rank < all.size(); ++rank) {
      route_match match;
      if (matches(all[rank].test, _subject, match)) _fits.push_back({&all[rank], _router.match_of(rank, match)});
    }
  }

  void request() {
    line("{} {}://{}{}{}", _q.method, _q.https ? "https" : "http", _q.host, _q.path, _q.query_text);
    for (const auto& [name, value] : _q.fields) line("{}: {}", name, value);
    line("");
  }

  // The route's matchers, each with its line, and what of the path was taken.
  void winner(const fitting& f) {
    const route& r = *f.matcher->of;
    line("route    {:<28} {}", r.label(), place(r.source));
    line("         it has {}", describe_priority(*f.matcher));
    if (!r.expression.empty()) line("         expression   {}   {}", r.expression, place(r.source, "expression"));
    list(r, "hosts", r.hosts);
    list(r, "methods", r.methods);
    for (std::size_t i = 0; i < r.paths.size(); ++i)
      if (std::ranges::find(f.matcher->paths, r.paths[i]) != f.matcher->paths.end())
        line("         path         {:<28} {}", r.paths[i], place(r.source, fmt::format("paths[{}]", i)));
    for (const auto& [name, values] : r.headers)
      line("         header       {:<28} {}", fmt::format("{}: {}", name, fmt::join(values, " | ")),
           place(r.source, "headers"));
    list(r, "snis", r.snis);
    if (f.match.path_matched) line("         of the path, {} matches", f.match.matched(_q.path));
    for (const auto& [name, value] : captures_of(f.match, _q.query))
      if (name != "0") line("         captured     {} = {}", name, value);
  }

  void list(const route& r, std::string_view member, const std::vector<std::string>& values) {
    if (!values.empty())
      line("         {:<12} {:<28} {}", member, fmt::format("{}", fmt::join(values, " | ")), place(r.source, member));
  }

  // True if the request ends here, for its protocol is not the route's.
  bool answered(const route& r) {
    if (!_q.https && !r.http && r.https) {
      line("\nanswer   the route is for https alone: {}", r.https_redirect_status == 426
                                                              ? std::string("426 Please use HTTPS protocol")
                                                              : fmt::format("{} to https", r.https_redirect_status));
      return true;
    }
    if (!r.grpc && !r.grpcs) return false;
    if (!_q.headers.get(field_id::content_type).starts_with("application/grpc")) {
      line("\nanswer   415 Non-gRPC request matched gRPC route: there is no Content-Type of application/grpc");
      return true;
    }
    if (!_q.https && !r.grpc) {
      line("\nanswer   the route is for grpcs alone: 200 with grpc-status 1");
      return true;
    }
    line("\nanswer   426 Please use HTTP2 protocol, if it comes by HTTP/1.1; by HTTP/2 it goes on");
    return false;
  }

  static std::string scope_of(const plugin_entry& p) {
    std::string text;
    auto add = [&](std::string_view what, const std::string& name) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, name);
    };
    if (p.on_route) add("route", p.on_route->label());
    if (p.on_service) add("service", p.on_service->label());
    if (p.on_consumer) add("consumer", p.on_consumer->label());
    return text.empty() ? "global" : text;
  }

  const plugin_entry* best(std::string_view name, const route& r, const consumer* who) const {
    const plugin_entry* chosen = nullptr;
    int chosen_fit = 0;
    for (const plugin_entry& p : _all.plugins) {
      int fit = p.name == name && p.enabled && runs_on_http(p) ? scope_fit(p, r.to, &r, who) : 0;
      if (fit <= chosen_fit) continue;
      chosen_fit = fit;
      chosen = &p;
    }
    return chosen;
  }

  void plugins(const fitting& f, const std::string& consumer_name) {
    const route& r = *f.matcher->of;
    const consumer* who = consumer_name.empty() ? nullptr : _all.find_consumer(consumer_name);
    line("\nplugins  {}", who ? fmt::format("in this order, for consumer {}", who->label())
                              : std::string("in this order, for a sender that is not known"));
    bool some = false;
    for (const plugin_kind& kind : all_plugins()) {
      if (const plugin_entry* p = best(kind.name, r, who)) {
        some = true;
        line("         {:<26} {:<28} {}", kind.name, scope_of(*p), place(p->source));
      }
      for (const plugin_entry& p : _all.plugins)  // what would run for somebody else
        if (!who && p.name == kind.name && p.on_consumer && p.enabled && best(kind.name, r, p.on_consumer) == &p) {
          some = true;
          line("         {:<26} {:<28} {}", kind.name, "only " + scope_of(p), place(p.source));
        }
    }
    if (!some) line("         none");
  }

  // Whether the matched part of the path is taken away: not for a service of gRPC, unless grpc-web wants it so.
  bool strips(const route& r) const {
    if (!r.strip_path || !r.to->grpc) return r.strip_path;
    const plugin_entry* web = best("grpc-web", r, nullptr);
    return web && web->config.flag("pass_stripped_path");
  }

  void upstream_of(const fitting& f) {
    const route& r = *f.matcher->of;
    if (!r.to) {
      line("\nservice  none: a plugin answers, else 503 no Service found with those values");
      return;
    }
    const service& s = *r.to;
    line("\nservice  {:<28} {}", s.label(), place(s.source));
    const bool stripped = strips(r);
    std::string path =
        upstream_path(s.path, _q.path, std::string_view(_q.path).substr(0, f.match.matched_bytes), stripped);
    const upstream* pool = _all.find_upstream(s.host);
    bool usual = s.port == (s.tls ? 443 : 80);
    std::string port = usual || pool ? "" : fmt::format(":{}", s.port);
    line("goes to  {}://{}{}{}{}", s.protocol, s.host, port, escape_path(path), _q.query_text);
    if (pool) {
      line("         {} is an upstream           {}", s.host, place(pool->source));
      for (const target& t : pool->targets)
        line("           {:<26} {:<28} {}", fmt::format("{}:{}", t.host, t.port), fmt::format("weight {}", t.weight),
             place(t.source));
    }
    std::string host = r.preserve_host ? _q.host
                       : pool          ? (pool->host_header.empty() ? "of the target" : pool->host_header)
                                       : s.host + port;
    line("         with Host {}{}", host, r.preserve_host ? " (preserve_host)" : "");
    line("         {}", stripped && f.match.path_matched ? "strip_path takes the matched part away"
                        : stripped                       ? "no path was compared, so strip_path takes nothing away"
                        : r.strip_path ? "strip_path is not for services of gRPC: the path stays whole"
                                       : "strip_path is off: the path stays whole");
  }

  // Why the first of two that fit wins.
  static std::string why(const route_matcher& won, const route_matcher& lost) {
    if (won.priority == lost.priority)
      return fmt::format("equal in all; the larger id wins ({} > {})", won.id, lost.id);
    if (!won.of->expression.empty() || !lost.of->expression.empty())
      return fmt::format("priority {} > {}", won.priority, lost.priority);
    struct part {
      unsigned shift;
      std::uint64_t mask;
      std::string_view name;
    };
    static constexpr unsigned regex_shift = 19;
    static constexpr part parts[] = {{61, 7, "more kinds of matchers"},
                                     {60, 1, "hosts without a wildcard"},
                                     {52, 255, "more headers"},
                                     {51, 1, "a regular expression before a prefix"},
                                     {regex_shift, 0xffffffff, "a higher regex_priority"},
                                     {0, 0x7ffff, "a longer path"}};
    for (const part& p : parts) {
      std::uint64_t a = won.priority >> p.shift & p.mask, b = lost.priority >> p.shift & p.mask;
      if (a == b) continue;
      if (p.shift == regex_shift)
        return fmt::format("{} ({} > {})", p.name, won.of->regex_priority, lost.of->regex_priority);
      return fmt::format("{} ({} > {})", p.name, a, b);
    }
    return "a higher priority";
  }

  void second() {
    if (_fits.size() < 2) {
      line("\nsecond   no other route fits");
      return;
    }
    for (std::size_t i = 1; i < _fits.size() && i <= others_max; ++i) {
      const route_matcher& m = *_fits[i].matcher;
      if (i == 1) line("");
      line("{:<8} {:<28} {}", i == 1 ? "second" : "then", m.of->label(), place(m.of->source));
      line("         fits too; {} before it: {}", _fits[i - 1].matcher->of->label(), why(*_fits[i - 1].matcher, m));
    }
    if (_fits.size() > others_max + 1) line("         and {} more", _fits.size() - others_max - 1);
  }

  static bool is_about_path(const expression& e) {
    return e.what == expression::kind::test ? e.test.field == match_field::path
                                            : std::ranges::any_of(e.parts, is_about_path);
  }

  // Routes that one demand alone keeps from fitting.
  void near_misses() {
    std::size_t told = 0;
    for (const route_matcher& m : _router.matchers()) {
      if (m.test.what != expression::kind::all || m.test.parts.empty()) continue;
      const expression* missing = nullptr;
      std::size_t misses = 0;
      for (const expression& part : m.test.parts) {
        route_match ignored;
        if (matches(part, _subject, ignored)) continue;
        missing = &part;
        ++misses;
      }
      // A route of another path is near to nothing.
      if (misses != 1 || is_about_path(*missing)) continue;
      if (told == 0) line("");
      line("{:<8} {:<28} {}", told == 0 ? "nearly" : "", m.of->label(), place(m.of->source));
      line("         lacks {}", to_text(*missing));
      if (++told == others_max) return;
    }
  }

  const configuration& _all;
  const parsed_question& _q;
  router _router;
  route_subject _subject;
  std::vector<fitting> _fits;
  std::string _text;
};

}  // namespace

result<explanation> explain(const configuration& all, const explain_question& q) {
  parsed_question parsed;
  if (auto read = parse_question(q, parsed); !read) return fail(read.error());
  if (!q.consumer.empty() && !all.find_consumer(q.consumer))
    return fail(error_code::not_found, fmt::format("there is no consumer '{}' in {}", q.consumer, all.file));
  return writer(all, parsed).write(q);
}

}  // namespace mes::gateway
