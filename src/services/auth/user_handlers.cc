#include "service/permissions.h"
#include "services/auth/audit_chain.h"
#include "services/auth/login.h"
#include "services/auth/password.h"
#include "services/auth/sessions.h"
#include "services/auth/users.h"

namespace mes::auth {
namespace json = boost::json;
namespace {

service::reply user_reply(const user& u, int status = 200) {
  service::reply r{.status = status, .body = wire::to_json(u), .version = u.version};
  if (status == 201) r.location = "/api/v1/auth/users/" + u.id;
  return r;
}

std::string text_of(const json::value& prepared) {
  return prepared.is_string() ? std::string(prepared.get_string()) : std::string();
}

result<service::reply> create_user(service::http_command& c, const create_user_input& input) {
  auto made = add_user(c.db, input, text_of(c.prepared), c.why.now);
  if (!made) return std::unexpected(made.error());
  append_audit(c, "create user", made->id, "accepted");
  return user_reply(*made, 201);
}

result<service::reply> change_user(service::http_command& c, const change_user_input& input) {
  auto u = users().get(c.db, c.path_value("id"));
  if (!u) return std::unexpected(u.error());
  if (auto fresh = c.check_if_match(u->version); !fresh) return std::unexpected(fresh.error());
  if (input.roles) {
    if (auto fine = check_roles(*input.roles); !fine) return std::unexpected(fine.error());
    u->roles = *input.roles;
  }
  if (input.display_name) u->display_name = *input.display_name;
  users().update(c.db, *u);
  append_audit(c, "change user", u->id, "accepted");
  return user_reply(*u);
}

void end_all(service::command& c, const user& u, const std::shared_ptr<session_cache>& sessions) {
  for (const std::string& id : end_sessions_of(c.db, u.id, c.why.now))
    c.after_commit([sessions, id] { sessions->drop(id); });
}

result<service::reply> change_state(service::http_command& c, const std::shared_ptr<session_cache>& sessions) {
  auto u = users().get(c.db, c.path_value("id"));
  if (!u) return std::unexpected(u.error());
  auto verb = wire::enum_of_name<user_verb>(c.path_value("verb"));
  if (!verb) return fail(error_code::not_found, "There is no action " + c.path_value("verb"));
  auto next = service::next_state(user_transitions(), u->state, *verb);
  if (!next) return std::unexpected(next.error());
  u->state = *next;
  users().update(c.db, *u);
  if (u->state == user_state::active)
    set_failed_logins(c.db, u->id, 0);
  else
    end_all(c, *u, sessions);
  append_audit(c, c.path_value("verb") + " user", u->id, "accepted");
  return user_reply(*u);
}

// An administrator sets anyone's password; everyone else proves the current one.
result<json::value> prepare_password(const service::api& surface, const service::cause& why, const json::value& body,
                                     const std::string& user_id) {
  auto input = wire::from_json<change_password_input>(body);
  if (!input) return std::unexpected(input.error());
  bool administers = service::allowed(why.user.roles, "auth:write");
  if (!administers && why.user.user_id != user_id)
    return fail(error_code::permission_denied, "This needs the permission auth:write");
  if (!administers || (why.user.user_id == user_id && input->current_password)) {
    auto stored = surface.database().read_and_wait([&](store::session& s) { return find_credentials(s, user_id); });
    if (!stored) return std::unexpected(stored.error());
    if (!*stored || !password_matches(input->current_password.value_or(""), (*stored)->password_hash))
      return fail(
          {error_code::unprocessable, "The current password is not right", {{"/current_password", "is not right"}}});
  }
  return json::value(json::string(hash_password(input->new_password)));
}

result<service::reply> change_password(service::http_command& c, const std::shared_ptr<session_cache>& sessions) {
  auto u = users().get(c.db, c.path_value("id"));
  if (!u) return std::unexpected(u.error());
  set_password_hash(c.db, u->id, text_of(c.prepared));
  end_all(c, *u, sessions);
  append_audit(c, "change password", u->id, "accepted");
  return service::reply{.status = 204, .body = {}};
}

json::object roles_body() {
  json::array data;
  for (const service::role_permissions& row : service::role_table()) {
    json::array permissions;
    for (std::string_view p : row.permissions) permissions.push_back(json::string(p));
    data.push_back(json::object{{"role", row.role}, {"description", row.doc}, {"permissions", std::move(permissions)}});
  }
  return {{"data", std::move(data)}};
}

}  // namespace

void define_users(service::api& surface, const std::shared_ptr<session_cache>& sessions) {
  surface.get<user>("/users", {.id = "listUsers", .summary = "Users", .permission = "auth:read", .paged = true},
                    [](const service::query& q) -> result<service::reply> {
                      auto page = service::read_page(q);
                      if (!page) return std::unexpected(page.error());
                      auto body = users().list(q.db, *page);
                      if (!body) return std::unexpected(body.error());
                      return service::reply{.body = std::move(*body)};
                    });
  surface.post<create_user_input, user>("/users",
                                        {.id = "createUser",
                                         .summary = "Make a user",
                                         .permission = "auth:write",
                                         .success_status = 201,
                                         .prepare = [](const service::cause&, const runtime::http_request&, const auto&,
                                                       const json::value& body) -> result<json::value> {
                                           auto input = wire::from_json<create_user_input>(body);
                                           if (!input) return std::unexpected(input.error());
                                           return json::value(json::string(hash_password(input->password)));
                                         }},
                                        create_user);
  surface.get<user>("/users/{id}", {.id = "getUser", .summary = "One user", .permission = "auth:read"},
                    [](const service::query& q) -> result<service::reply> {
                      auto u = users().get(q.db, q.path_value("id"));
                      if (!u) return std::unexpected(u.error());
                      return user_reply(*u);
                    });
  surface.get<user>("/me", {.id = "getMe", .summary = "Who the token belongs to", .permission = ""},
                    [](const service::query& q) -> result<service::reply> {
                      auto u = users().get(q.db, q.why.user.user_id);
                      if (!u) return std::unexpected(u.error());
                      return user_reply(*u);
                    });
  surface.patch<change_user_input, user>(
      "/users/{id}", {.id = "changeUser", .summary = "Change a user's name or roles", .permission = "auth:write"},
      change_user);
  surface.action<user>("POST", "/users/{id}/actions/{verb}",
                       {.id = "changeUserState",
                        .summary = "activate, lock, unlock, disable or enable a user",
                        .permission = "auth:write"},
                       [sessions](service::http_command& c) { return change_state(c, sessions); });
  surface.put<change_password_input>(
      "/users/{id}/password",
      {.id = "changePassword",
       .summary = "Change a password; ends the user's sessions",
       .permission = "",
       .success_status = 204,
       .prepare =
           [surface](const service::cause& why, const runtime::http_request&, const auto& path,
                     const json::value& body) {
             return prepare_password(surface, why, body, path.find("id")->second);
           }},
      [sessions](service::http_command& c, const change_password_input&) { return change_password(c, sessions); });
  surface.get("/roles", {.id = "listRoles", .summary = "Roles and what they may do", .permission = ""},
              [](const service::query&) -> result<service::reply> { return service::reply{.body = roles_body()}; });
}

}  // namespace mes::auth
