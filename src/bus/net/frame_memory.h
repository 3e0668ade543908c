// Memory for requests that are large. What is given back is kept for the next, for it is mapped already.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace mes::bus::net {

// One thread takes it and gives it back (lets go of it), and may do so after the object has gone.
class frame_memory {
 public:
  explicit frame_memory(std::size_t kept_bytes_max) : _spare(std::make_shared<spare>(kept_bytes_max)) {}

  std::shared_ptr<char[]> take(std::size_t size);  // room for at least so much

 private:
  struct spare {
    explicit spare(std::size_t max) : bytes_max(max) {}
    void keep(std::unique_ptr<char[]> memory, std::size_t room);

    const std::size_t bytes_max;
    std::size_t bytes = 0;
    std::vector<std::pair<std::size_t, std::unique_ptr<char[]>>> blocks;  // by their size
  };
  std::shared_ptr<spare> _spare;
};

}  // namespace mes::bus::net
