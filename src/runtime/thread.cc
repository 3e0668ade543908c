#include "runtime/thread.h"

#include <pthread.h>
#include <signal.h>

namespace mes::runtime {

thread::thread(std::string name, std::function<void()> body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread
  _thread = std::thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  name.resize(std::min<std::size_t>(name.size(), 15));
  pthread_setname_np(_thread.native_handle(), name.c_str());
}

}  // namespace mes::runtime
