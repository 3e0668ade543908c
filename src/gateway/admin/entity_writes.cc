#include "gateway/admin/entity_writes.h"

#include <iterator>
#include <utility>

#include "gateway/admin/admin.h"
#include "gateway/admin/entity_api.h"

namespace mes::gateway {

void entity_writes::add(runtime::http_request request, entity_place place, answerer answer) {
  _waiting.push_back({std::move(request), std::move(place), std::move(answer)});
  // Not at once: who was answered a moment ago may send the next one, which then need not wait for this one.
  if (!_next) commit_in(_took / 10);
}

void entity_writes::commit_in(std::chrono::milliseconds delay) {
  _next = _loop.after(delay, [this] { commit(); });
}

void entity_writes::commit() {
  if (_groups.empty()) _groups.push_back(std::exchange(_waiting, {}));
  std::vector<waiting> together = std::move(_groups.back());
  _groups.pop_back();
  const auto started = std::chrono::steady_clock::now();
  const bool taken = take(together);
  _took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
  if (!taken) {
    const auto middle = together.begin() + static_cast<std::ptrdiff_t>(together.size() / 2);
    _groups.emplace_back(std::move_iterator(middle), std::move_iterator(together.end()));
    together.erase(middle, together.end());
    _groups.push_back(std::move(together));
  }
  if (!_groups.empty())
    commit_in(std::chrono::milliseconds(0));
  else if (!_waiting.empty())
    commit_in(_took / 10);
  else
    _next = nullptr;
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
