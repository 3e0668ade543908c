// The auth service's tables.
#pragma once

#include "store/database.h"

namespace mes::auth {

inline constexpr store::migration migrations[] = {
    {10, "users, sessions, keys, audit",
     "CREATE TABLE users (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,"
     " username TEXT NOT NULL UNIQUE);\n"
     "CREATE TABLE credentials (user_id TEXT PRIMARY KEY REFERENCES users (id), password_hash TEXT NOT NULL,"
     " failed_logins BIGINT NOT NULL);\n"
     "CREATE TABLE refresh_tokens (token_hash TEXT PRIMARY KEY, session_id TEXT NOT NULL,"
     " user_id TEXT NOT NULL REFERENCES users (id), used BIGINT NOT NULL, expires_at BIGINT NOT NULL);\n"
     "CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);\n"
     "CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id),"
     " started_at BIGINT NOT NULL, ended_at BIGINT);\n"
     "CREATE TABLE signing_keys (key_id TEXT PRIMARY KEY, consumer TEXT NOT NULL, private_pem TEXT NOT NULL,"
     " created_at BIGINT NOT NULL, retired_at BIGINT);\n"
     "CREATE TABLE api_keys (id TEXT PRIMARY KEY, name TEXT NOT NULL, key_hash TEXT NOT NULL UNIQUE,"
     " user_id TEXT NOT NULL REFERENCES users (id), created_at BIGINT NOT NULL, revoked_at BIGINT);\n"
     "CREATE TABLE audit (sequence BIGINT PRIMARY KEY, record TEXT NOT NULL, hash TEXT NOT NULL)"},
};

}  // namespace mes::auth
