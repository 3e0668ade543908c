// A value that its copies share: to copy it costs a pointer, and so does to see that nothing of it has changed.
#pragma once

#include <initializer_list>
#include <memory>
#include <utility>

namespace mes::bus::groups {

template <class T>
class shared_value {
 public:
  shared_value() = default;
  shared_value(T value) : _at(std::make_shared<const T>(std::move(value))) {}
  template <class Container = T>
  shared_value(std::initializer_list<typename Container::value_type> items) : shared_value(T(items)) {}

  const T& operator*() const {
    static const T none;
    return _at ? *_at : none;
  }
  const T* operator->() const { return &**this; }
  // A copy that nobody shares yet, to be changed before this value is copied again.
  T& edit() {
    auto own = std::make_shared<T>(**this);
    T& result = *own;
    _at = std::move(own);
    return result;
  }
  bool operator==(const shared_value& other) const { return _at == other._at || **this == *other; }

 private:
  std::shared_ptr<const T> _at;  // null: T's default
};

}  // namespace mes::bus::groups
