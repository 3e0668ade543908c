// Elasticsearch's _bulk and _doc: documents that come with an index, sometimes with an id.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "telemetry/parts/store.h"
#include "telemetry/query/elastic/es_error.h"

namespace mes::telemetry::elastic {

struct bulk_item {
  std::string operation;  // "index" or "create"; "delete" and "update" carry an error
  std::string index, id;
  int status = 0;  // of an error found while parsing; 0: it has a row
  std::string cause;
};

struct bulk_request {
  std::vector<bulk_item> items;
  std::vector<row_batch> batches;  // the rows of the items without error, in order
};

// The whole request fails on a malformed action line, as Elasticsearch's does; a bad document fails alone.
es_result<bulk_request> parse_bulk(std::string_view body, std::string_view default_index, const store& into,
                                   instant now);
// One document as a request of one item.
bulk_request single_document(std::string_view operation, std::string index, std::string id, std::string_view source,
                             const store& into, instant now);

// {"took","errors","items":[…]}
std::string bulk_answer(const bulk_request& request, const appended& sequences, std::int64_t took_ms);
// The item alone, with its HTTP status: the answer to _doc and _create.
std::string document_answer(const bulk_request& request, const appended& sequences, int& status);

}  // namespace mes::telemetry::elastic
