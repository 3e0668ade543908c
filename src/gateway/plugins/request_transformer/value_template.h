// A transformer's value with parts that are Lua: "$(headers.x_user or 'nobody')" (Penlight 1.13's pl.template with
// Kong's options: lines are Lua if they begin with the byte 0xff, which no UTF-8 has).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "gateway/lua/sandbox.h"

namespace mes::gateway {

class value_template {
 public:
  explicit value_template(std::string_view text);

  const std::string& text() const { return _text; }           // as it was written
  const lua_script* script() const { return _script.get(); }  // nullptr: there is no Lua in it

  // `turn` is nullptr if no template of the plugin has Lua. What gives nil or false is left out.
  result<std::string> render(lua_turn* turn) const { return _script ? turn->render(*_script) : _text; }

 private:
  std::string _text;
  std::unique_ptr<lua_script> _script;
};

std::string check_template(std::string_view text);  // "" if fine

}  // namespace mes::gateway
