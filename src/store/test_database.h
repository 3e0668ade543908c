// For tests: fresh databases of both engines. A test program starts one private PostgreSQL cluster, when it first needs
// it (in a temporary directory, on a Unix socket, without fsync), and stops it at its end, also when it crashes.
//
//   class orders_test : public mes::store::testing::database_test {};       // TEST_P(orders_test, …) { url() … }
//   INSTANTIATE_TEST_SUITE_P(engines, orders_test, mes::store::testing::both_engines(),
//   mes::store::testing::engine_name);
#pragma once

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mes::store::testing {

class postgresql_cluster {
 public:
  // nullptr: PostgreSQL's programs are not here, or there is no user to run them as.
  static postgresql_cluster* instance() {
    static postgresql_cluster cluster;
    return cluster._running ? &cluster : nullptr;
  }

  // Creates an empty database and gives its URL.
  std::string create(const std::string& name) {
    admin("CREATE DATABASE " + name);
    return url(name);
  }
  void drop(const std::string& name) { admin("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); }

  // Runs one statement as the administrator.
  void admin(const std::string& sql) {
    PGconn* connection = PQconnectdb(url("postgres").c_str());
    PGresult* done = PQexec(connection, sql.c_str());
    auto status = PQresultStatus(done);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      ADD_FAILURE() << sql << ": " << PQerrorMessage(connection);
    PQclear(done);
    PQfinish(connection);
  }

  postgresql_cluster(const postgresql_cluster&) = delete;
  postgresql_cluster& operator=(const postgresql_cluster&) = delete;
  ~postgresql_cluster() {
    if (_server > 0) {
      kill(_server, SIGQUIT);  // immediate: there is nothing to keep
      waitpid(_server, nullptr, 0);
    }
    std::error_code ignored;
    if (!_dir.empty()) std::filesystem::remove_all(_dir, ignored);
  }

 private:
  postgresql_cluster() {
    std::string programs = find_programs();
    const passwd* user = getuid() == 0 ? getpwnam("postgres") : getpwuid(getuid());
    if (programs.empty() || user == nullptr) return;
    char name[] = "/tmp/mes-test-postgresql-XXXXXX";
    if (mkdtemp(name) == nullptr) return;
    _dir = name;
    if (getuid() == 0 && chown(name, user->pw_uid, user->pw_gid) != 0) return;
    pid_t init = spawn(*user, {programs + "/initdb", "-D", _dir + "/data", "-U", "mes", "-A", "trust", "--no-sync",
                               "-E", "UTF8", "--locale=C"});
    int status = 0;
    if (waitpid(init, &status, 0) != init || status != 0) return;
    _server = spawn(*user, {programs + "/postgres", "-D", _dir + "/data", "-k", _dir, "-c", "listen_addresses=", "-c",
                            "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=60"});
    while (PQping(url("postgres").c_str()) != PQPING_OK) {
      if (waitpid(_server, &status, WNOHANG) != 0) {
        _server = 0;
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    _running = true;
  }

  std::string url(const std::string& database) const { return "postgresql://mes@/" + database + "?host=" + _dir; }

  static std::string find_programs() {
    for (int version = 18; version >= 13; --version) {
      std::string dir = "/usr/lib/postgresql/" + std::to_string(version) + "/bin";
      if (access((dir + "/initdb").c_str(), X_OK) == 0) return dir;
    }
    return "";
  }

  // Runs a program as `user`; it ends when this process does.
  pid_t spawn(const passwd& user, std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string log = _dir + "/log";
    pid_t child = fork();
    if (child != 0) return child;
    if (getuid() == 0 && (setgid(user.pw_gid) != 0 || setuid(user.pw_uid) != 0)) _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (freopen(log.c_str(), "a", stdout) == nullptr || dup2(1, 2) < 0 || chdir("/") != 0) _exit(126);
    execv(argv[0], argv.data());
    _exit(127);
  }

  std::string _dir;
  pid_t _server = 0;
  bool _running = false;
};

// The parameter is the engine: "sqlite" or "postgresql". Each test has a fresh database.
class database_test : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    static int count = 0;
    _name = "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
    if (is_postgresql()) {
      auto* cluster = postgresql_cluster::instance();
      if (cluster == nullptr) GTEST_SKIP() << "PostgreSQL's server programs are not installed";
      _url = cluster->create(_name);
    } else {
      _dir = "/tmp/mes-test-sqlite-" + _name;
      _url = "sqlite:" + _dir + "/test.db";
    }
  }
  void TearDown() override {
    std::error_code ignored;
    if (!_dir.empty()) std::filesystem::remove_all(_dir, ignored);
    if (is_postgresql() && !_url.empty()) postgresql_cluster::instance()->drop(_name);
  }

  const std::string& url() const { return _url; }
  bool is_postgresql() const { return GetParam() == "postgresql"; }

 private:
  std::string _name, _url, _dir;
};

inline auto both_engines() { return ::testing::Values(std::string("sqlite"), std::string("postgresql")); }
inline std::string engine_name(const ::testing::TestParamInfo<std::string>& info) { return info.param; }

}  // namespace mes::store::testing
