#include "gateway/admin/entity_writes.h"

#include <utility>

#include "gateway/admin/admin.h"
#include "gateway/admin/entity_api.h"

namespace mes::gateway {

void entity_writes::add(runtime::http_request request, entity_place place, answerer answer) {
  _waiting.push_back({std::move(request), std::move(place), std::move(answer)});
  // Not at once: who was answered a moment ago may send the next one, which then need not wait for this one.
  if (_waiting.size() == 1) _next = _loop.after(_took / 10, [this] { commit(); });
}

void entity_writes::commit() {
  auto started = std::chrono::steady_clock::now();
  std::vector<waiting> together = std::exchange(_waiting, {});
  if (!take(together))
    for (waiting& one : together) take({&one, 1});
  _took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
}

bool entity_writes::take(std::span<waiting> together) {
  entity_draft draft(_store);
  std::vector<runtime::http_response> answers;
  for (const waiting& one : together) answers.push_back(answer_entities(draft, one.request, one.place));
  if (!draft.changes().empty())
    if (auto written = _store.write(draft.changes()); !written) {
      if (together.size() > 1) return false;
      answers.front() = reply(not_taken(written.error()));
    }
  for (std::size_t i = 0; i < together.size(); ++i) together[i].answer(std::move(answers[i]));
  return true;
}

}  // namespace mes::gateway
