// A file that one process holds at a time, by flock(2): until the object or its process goes, however it goes.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace mes::os {

class lock_file {
 public:
  // Makes it when missing, and writes the holder's pid into it. Errors: conflict if another holds it, with nothing but
  // that one's pid as the message, if it does not only share it; storage_failed if it cannot be made or written.
  static result<lock_file> take(const std::string& path);
  // Together with others that only read what it protects; nobody takes it meanwhile. Changes nothing. Errors: conflict
  // as above; not_found.
  static result<lock_file> share(const std::string& path);
  lock_file(lock_file&& other) noexcept
      : _fd(std::exchange(other._fd, -1)), _path(std::move(other._path)), _left(other._left), _shared(other._shared) {}
  lock_file& operator=(lock_file&&) = delete;
  ~lock_file();  // given back orderly, it has no pid in it

  bool left_by_a_crash() const { return _left; }  // the last holder did not end orderly
  // False once another file, or none, is at its path: it was removed or renamed, alone or with its folder. Thread-safe.
  bool is_in_place() const;

 private:
  lock_file(int fd, std::string path) : _fd(fd), _path(std::move(path)) {}
  int _fd;
  std::string _path;
  bool _left = false, _shared = false;
};

}  // namespace mes::os
