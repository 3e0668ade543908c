// The shapes of the platform's HTTP interface that importing and simulating use: all of them here, nowhere else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "platform/import/facts.h"
#include "platform/import/totals.h"

namespace mes::platform::api {

struct call {
  std::string method;
  std::string path;  // from "/api/v1", encoded
  std::string body;
  std::string key;  // Idempotency-Key, "" = none
};

struct tokens {
  std::string access, refresh;
  int expires_in_s = 0;
};
call login(const std::string& username, const std::string& password);
call refresh(const std::string& refresh_token);
result<tokens> read_tokens(std::string_view body);

// The key is made of the content: the same content again gives the first answer.
call create_part(const uuid& name_space, const named& part);
call create_resource(const uuid& name_space, const named& resource);
call create_worker(const uuid& name_space, const named& worker);
call create_order(const uuid& name_space, const import_order& order, bool historical);
struct operation_plan {
  int sequence = 0;
  std::string name, kind, resource;
  std::int64_t piece_seconds = 0;
};
call create_planned_order(const uuid& name_space, const import_order& order,
                          const std::vector<operation_plan>& operations);
call find_order(const std::string& number);  // a page with the one of that number
call get_order(const std::string& id);
call report(const std::string& order_id, const import_report& report, bool historical);
call act_on_order(const std::string& order_id, std::string_view verb, const std::string& body, const std::string& key);

result<std::string> read_id(std::string_view body);
result<std::string> read_first_id(std::string_view page_body);  // not_found if the page is empty
std::string read_problem(int status, std::string_view body);    // a sentence: detail, else title, else the status

struct order_figures {
  figures sum;
  quantity ordered, packed;
};
result<order_figures> read_order_figures(std::string_view body);

// Pages of keys: part numbers, resource codes, employee ids.
enum class listing { parts, resources, workers };
call list_page(listing of, const std::string& cursor);
struct key_page {
  std::vector<std::string> keys;
  std::string next_cursor;  // "" = the last page
};
result<key_page> read_key_page(listing of, std::string_view body);

call production(std::string_view group_by, instant from, instant to);
struct production_answer {
  std::map<std::string, figures> by_key;
  figures totals;
  std::int64_t work_orders = 0;
  quantity ordered, packed;
};
result<production_answer> read_production(std::string_view body);

}  // namespace mes::platform::api
