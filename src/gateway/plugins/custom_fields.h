// Log plugins' `custom_fields_by_lua`: what scripts add to the record, or take out of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/config/schema.h"
#include "gateway/lua/sandbox.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {

field custom_fields_by_lua();  // the row in a plugin's table

class custom_fields {
 public:
  explicit custom_fields(const plugin_entry& entry);

  // Runs the scripts. What they return stays with the exchange, for later log plugins too. False if one has failed,
  // which the log is told: Kong sends no record then.
  bool apply(plugin_context& c) const;

 private:
  struct custom_field {
    std::string name;
    std::unique_ptr<lua_script> script;
  };
  std::string _plugin;
  std::vector<custom_field> _fields;
};

}  // namespace mes::gateway
