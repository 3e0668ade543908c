// Takes a service's events from the bus: each handled once, its inbox row in the commit of its effect.
#pragma once

#include <atomic>
#include <memory>

#include "runtime/kafka.h"
#include "service/operation.h"

namespace mes::service {

class event_consumer {
 public:
  event_consumer(std::shared_ptr<api::state> surface, runtime::kafka_producer& dead_letters);
  ~event_consumer();  // stops after the batch that is under way; dead letters of a bus that is away come again

 private:
  struct delivery {
    event what;
    std::vector<std::function<void()>> after_commit;
  };

  bool handle_batch(std::vector<runtime::kafka_record> batch);
  result<void> handle(store::session& db, delivery& one);
  bool bury(const runtime::kafka_record& record, const error& reason);
  result<void> send(runtime::kafka_record dead);
  void tell(std::string_view what, const runtime::kafka_record& record, const error& why) const;

  std::shared_ptr<api::state> _surface;
  runtime::kafka_producer& _dead_letters;
  std::atomic<bool> _stopping = false;
  std::unique_ptr<runtime::kafka_consumer> _consumer;
};

}  // namespace mes::service
