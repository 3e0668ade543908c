// Brings a database's schema to what the program needs. Internal to store/.
#pragma once

#include <span>

#include "store/connection.h"

namespace mes::store {

// Runs what has not run, in order, each in a transaction with its row in schema_migrations. Errors (nothing changed):
// corrupt when an applied migration's text is another now, unprocessable when the database knows more than the program.
result<void> migrate(connection& on, std::span<const migration> migrations, const observe::logger& log);

}  // namespace mes::store
