#include "services/auth/first_start.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "services/auth/password.h"
#include "services/auth/signing_keys.h"
#include "services/auth/users.h"

namespace mes::auth {
namespace {

struct first_user {
  std::string_view username, role;
  consumer_group consumer;
};
constexpr first_user first_users[] = {{"admin", "admin", consumer_group::users},
                                      {"integration", "integration", consumer_group::integration}};

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_all_and_sync(int fd, std::string_view text, const std::string& path) {
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(fd) != 0) throw_errno(path);
}

// Written beside and renamed, so that the file is there whole or not at all.
void write_secret(const std::filesystem::path& path, const std::string& secret) {
  std::filesystem::create_directories(path.parent_path());
  ::chmod(path.parent_path().c_str(), S_IRWXU);
  std::string fresh = path.string() + ".new";
  int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) throw_errno(fresh);
  write_all_and_sync(fd, secret + '\n', fresh);
  ::close(fd);
  std::filesystem::rename(fresh, path);
  int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || ::fsync(directory) != 0) throw_errno(path.parent_path());
  ::close(directory);
}

void add_first_user(service::api& surface, const first_user& who) {
  std::string password = make_secret();
  std::filesystem::path file = surface.process().data_root() / "secrets" / (std::string(who.username) + "-password");
  write_secret(file, password);
  std::string hash = hash_password(password);
  auto added = surface.database().write_and_wait([&](store::session& db) -> result<void> {
    auto made = add_user(db,
                         {.username = std::string(who.username),
                          .display_name = {},
                          .password = {},
                          .roles = {std::string(who.role)},
                          .consumer = who.consumer},
                         hash, instant::now());
    if (!made) return std::unexpected(made.error());
    return {};
  });
  if (!added) throw std::runtime_error("the first user " + std::string(who.username) + ": " + added.error().message);
  surface.process().log().info("first user made; its password is in a file that only its owner can read",
                               {{"username", who.username}, {"file", file.native()}});
}

}  // namespace

void first_start(service::api& surface) {
  auto due = surface.database().read_and_wait([](store::session& db) { return groups_due(db, instant::now()); });
  if (!due) throw std::runtime_error(due.error().message);
  for (consumer_group group : *due) {
    wire::rsa_key key = wire::rsa_key::generate();
    auto made = surface.database().write_and_wait([&](store::session& db) -> result<void> {
      rotate(db, group, key, instant::now());
      return {};
    });
    if (!made) throw std::runtime_error("signing keys: " + made.error().message);
  }
  for (const first_user& who : first_users) {
    auto there = surface.database().read_and_wait(
        [&](store::session& db) { return users().find_by(db, "username", who.username).has_value(); });
    if (!there) throw std::runtime_error(there.error().message);
    if (!*there) add_first_user(surface, who);
  }
}

}  // namespace mes::auth
