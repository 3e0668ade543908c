-- What scripts of a configuration see (sandbox.h). Loaded once into each state; C++ gives it `search` (patterns.h),
-- `exchange` (exchange.h) and `spend`, which counts steps, and calls the functions that it returns.
local search, exchange, spend = ...
local ask = exchange.ask
local error, load, pairs, pcall, rawget, rawset, select, setfenv, setmetatable, tonumber, tostring, type =
  error, load, pairs, pcall, rawget, rawset, select, setfenv, setmetatable, tonumber, tostring, type
local string, table, floor = string, table, math.floor
local byte, sub, concat, insert, remove = string.byte, string.sub, table.concat, table.insert, table.remove

-- Functions of LuaJIT's that take time or the C stack without counting instructions. Methods of texts are found in
-- this table, so that ("…"):gsub() is no way around.
do
  local magic = "[%^%$%*%+%?%.%(%[%%%-]"

  local function text_of(value, position, name)
    if type(value) == "string" then return value end
    if type(value) == "number" then return tostring(value) end
    error("bad argument #" .. position .. " to '" .. name .. "' (string expected, got " ..
          (value == nil and "no value" or type(value)) .. ")", 3)
  end

  local function start_of(text, from)
    from = from or 1
    if from < 0 then from = #text + from + 1 end
    return from < 1 and 1 or from
  end

  function string.find(text, pattern, from, plain)
    text, pattern = text_of(text, 1, "find"), text_of(pattern, 2, "find")
    from = start_of(text, from)
    return search(text, pattern, from > #text and #text + 1 or from, plain or not search(pattern, magic, 1))
  end

  local function found(text, first, last, ...)
    if not first then return nil end
    if select("#", ...) == 0 then return sub(text, first, last) end
    return ...
  end

  function string.match(text, pattern, from)
    text, pattern = text_of(text, 1, "match"), text_of(pattern, 2, "match")
    from = start_of(text, from)
    return found(text, search(text, pattern, from > #text and #text + 1 or from))
  end

  function string.gmatch(text, pattern)
    text, pattern = text_of(text, 1, "gmatch"), text_of(pattern, 2, "gmatch")
    local from = 1
    local function moved(first, last, ...)
      if first then from = (last < first and first or last) + 1 end
      return found(text, first, last, ...)
    end
    return function() return moved(search(text, pattern, from, false, true)) end
  end

  -- The replacement's text with %0 to %9 and %% as they stand for the match.
  local function filled(text, whole, ...)
    local out, from = {}, 1
    while true do
      local at = search(text, "%", from, true)
      if not at then break end
      local what = sub(text, at + 1, at + 1)
      local index = tonumber(what)
      out[#out + 1] = sub(text, from, at - 1)
      if not index then
        out[#out + 1] = what
      elseif index == 0 or (index == 1 and select("#", ...) == 0) then
        out[#out + 1] = whole
      elseif index > select("#", ...) then
        error("invalid capture index", 0)
      else
        out[#out + 1] = (select(index, ...))
      end
      from = at + 2
    end
    out[#out + 1] = sub(text, from)
    return concat(out)
  end

  local function replaced(by, kind, text, first, last, ...)
    local whole = sub(text, first, last)
    local value
    if kind == "string" then
      value = filled(by, whole, ...)
    elseif kind == "table" then
      value = by[select("#", ...) == 0 and whole or (...)]
    elseif select("#", ...) == 0 then
      value = by(whole)
    else
      value = by(...)
    end
    if not value then return whole end
    kind = type(value)
    if kind == "string" then return value end
    if kind == "number" then return tostring(value) end
    error("invalid replacement value (a " .. kind .. ")", 0)
  end

  function string.gsub(text, pattern, by, at_most)
    text, pattern = text_of(text, 1, "gsub"), text_of(pattern, 2, "gsub")
    local kind = type(by)
    if kind == "number" then by, kind = tostring(by), "string" end
    if kind ~= "string" and kind ~= "table" and kind ~= "function" then
      error("bad argument #3 to 'gsub' (string/function/table expected, got " .. kind .. ")", 2)
    end
    local out, from, count, anchored = {}, 1, 0, byte(pattern) == 94
    local function take(first, last, ...)
      if not first then return false end
      count = count + 1
      out[#out + 1] = sub(text, from, first - 1)
      out[#out + 1] = replaced(by, kind, text, first, last, ...)
      from = last + 1
      if last < first then  -- nothing was matched: on by one
        out[#out + 1] = sub(text, first, first)
        from = first + 1
      end
      return not anchored
    end
    while (not at_most or count < at_most) and take(search(text, pattern, from)) do end
    out[#out + 1] = sub(text, from)
    return concat(out), count
  end

  local function spend_on_moving(list, position)
    if type(list) == "table" and position >= 1 and position < #list then spend((#list - position) / 64) end
  end

  function table.insert(list, position, ...)
    if select("#", ...) == 0 then return insert(list, position) end
    position = tonumber(position)
    if not position or not (position >= 1) then
      error("bad argument #2 to 'insert' (position out of bounds)", 2)
    end
    spend_on_moving(list, position)
    return insert(list, position, ...)
  end

  function table.remove(list, position)
    if position == nil then return remove(list) end
    position = tonumber(position)
    if not position then error("bad argument #2 to 'remove' (number expected)", 2) end
    spend_on_moving(list, position)
    return remove(list, position)
  end

  -- Heapsort: what LuaJIT's compares counts as one instruction, however long the texts are.
  function table.sort(list, before)
    before = before or function(a, b) return a < b end
    local function sink(at, size)
      local value = list[at]
      while true do
        local child = 2 * at
        if child > size then break end
        if child < size and before(list[child], list[child + 1]) then child = child + 1 end
        if not before(value, list[child]) then break end
        list[at] = list[child]
        at = child
      end
      list[at] = value
    end
    local size = #list
    for at = floor(size / 2), 1, -1 do sink(at, size) end
    for last = size, 2, -1 do
      list[1], list[last] = list[last], list[1]
      sink(1, last - 1)
    end
  end

  local date = os.date
  function os.date(form, time)
    if #text_of(form or "%c", 1, "date") > 1024 then error("bad argument #1 to 'date' (too long)", 2) end
    return date(form, time)
  end

  string.dump = nil
end

-- At the end of Lua's stack there is no room for the hook that counts instructions, and that is an error like others: a
-- script that catches it, and goes on there, would count nothing. So what catches an error counts.
local function caught(fine, ...)
  if not fine then spend(1) end
  return fine, ...
end
local raw_pcall, raw_resume = pcall, coroutine.resume
function pcall(...) return caught(raw_pcall(...)) end
_G.pcall = pcall
function coroutine.resume(...) return caught(raw_resume(...)) end

-- LuaJIT calls xpcall's handler inside of the hook that counts instructions if that has raised the error, and then counts
-- none of the handler's.
local function handled(handler, fine, ...)
  if fine then return true, ... end
  return false, (select(2, pcall(handler, ...)))
end
function _G.xpcall(run, handler, ...) return handled(handler, pcall(run, ...)) end

-- kong/tools/sandbox.lua: what `untrusted_lua_sandbox_requires` allows, which is nothing.
local function require(name)
  error("require '" .. tostring(name) .. "' not allowed within sandbox", 2)
end

-- ngx.req.get_headers: names in lower case; X_Foo is looked up as x-foo too.
local headers_index = {
  __index = function(self, name)
    local known = exchange.header_name(name)
    if known ~= name then return rawget(self, known) end
  end,
}
local function with_names(headers) return setmetatable(headers, headers_index) end

--------------------------------------------------------------------------------------------------------------------
-- request-transformer's templates (K:kong/plugins/request-transformer/access.lua). Their environment is of one
-- request and has `require`, `type` and these four, each read when it is first asked for.

local scopes  -- kong.ctx.shared, kong.ctx.plugin and ngx.ctx of this turn
local parts = {
  headers = function() return with_names(ask("headers")) end,
  query_params = function() return ask("query") end,
  uri_captures = function()
    local caught, out = exchange.uri_captures(), {}
    for name, text in pairs(caught) do out[name:find("^%d+$") and tonumber(name) or name] = text end
    return out
  end,
  shared = function() return scopes.shared end,
}
local environment_index = {
  __index = function(self, name)
    local read = parts[name]
    if not read then return nil end
    local value = read()
    rawset(self, name, value)
    return value
  end,
}

local turn, environment
local function begin(number)
  if number == turn then return end
  turn, environment, scopes = number, nil, {shared = {}, plugin = {}, ngx = {}}
end

local function compiled(source, name, environment)
  local run, wrong = load(source, name, "t", environment)
  return run or error(wrong, 0)
end

local function compile_template(source)
  local own = {__tostring = tostring}
  local index = {}
  setmetatable(own, index)
  return {index = index, run = compiled(source, "TMP", own)()}
end

local function render_template(number, template)
  begin(number)
  environment = environment or setmetatable({require = require, type = type}, environment_index)
  template.index.__index = environment
  return concat(template.run())
end

--------------------------------------------------------------------------------------------------------------------
-- Log plugins' custom_fields_by_lua: kong-lua-sandbox's names, and of Kong's PDK and of ngx what can be asked in the
-- log phase and is known here.

local base = {}
for name in ([[
  _VERSION assert error ipairs next pairs pcall select tonumber tostring type unpack xpcall
  coroutine.create coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield
  math.abs math.acos math.asin math.atan math.atan2 math.ceil math.cos math.cosh math.deg math.exp math.fmod
  math.floor math.frexp math.huge math.ldexp math.log math.log10 math.max math.min math.modf math.pi math.pow
  math.rad math.random math.sin math.sinh math.sqrt math.tan math.tanh
  os.clock os.date os.difftime os.time
  string.byte string.char string.find string.format string.gmatch string.gsub string.len string.lower string.match
  string.rep string.reverse string.sub string.upper
  table.concat table.insert table.maxn table.remove table.sort
]]):gmatch("%S+") do
  local module, member = name:match("^(%w+)%.(%w+)$")
  if module then
    base[module] = base[module] or {}
    base[module][member] = _G[module][member]
  else
    base[name] = _G[name]
  end
end
for _, name in pairs({"coroutine", "math", "os", "string", "table"}) do
  base[name] = setmetatable({}, {
    __index = base[name],
    __newindex = function(_, member)
      error("Can not modify " .. name .. "." .. tostring(member) .. ". Protected by the sandbox.", 2)
    end,
  })
end
base.require = require

local function set_serialize_value(key, value, options)
  local mode = (options or {}).mode or "set"
  if type(key) ~= "string" then error("key must be a string", 2) end
  if mode ~= "set" and mode ~= "add" and mode ~= "replace" then
    error("mode must be 'set', 'add' or 'replace'", 2)
  end
  exchange.edit(key, value, mode)
end

local function getter(what)
  return function() return ask(what) end
end

local function named(value, name)
  if type(name) ~= "string" then error("the name must be a string", 3) end
  local found = value[name]
  if type(found) == "table" then return found[1] end
  return found
end

local function request_headers() return with_names(ask("headers")) end
local function response_headers() return with_names(ask("response.headers")) end

local response = {
  get_status = getter("response.status"),
  get_header = function(name) return named(response_headers(), name) end,
  get_headers = response_headers,
  get_source = getter("response.source"),
}

local log = {set_serialize_value = set_serialize_value, serialize = getter("record")}
for _, level in pairs({"debug", "info", "notice", "warn", "err", "crit", "alert", "emerg"}) do
  log[level] = function(...)
    local words = {...}
    for i = 1, select("#", ...) do words[i] = tostring(words[i]) end
    exchange.log(level, concat(words))
  end
end

local kong = {
  log = setmetatable(log, {__call = function(_, ...) log.notice(...) end}),
  ctx = setmetatable({}, {__index = function(_, name) return scopes[name] end}),
  client = {
    get_ip = getter("client.ip"),
    get_forwarded_ip = getter("client.ip"),
    get_consumer = getter("client.consumer"),
    get_credential = getter("client.credential"),
    get_protocol = getter("request.scheme"),
  },
  node = {get_id = getter("node.id"), get_hostname = getter("node.hostname")},
  request = {
    get_scheme = getter("request.scheme"),
    get_host = getter("request.host"),
    get_port = getter("request.port"),
    get_forwarded_scheme = getter("request.scheme"),
    get_forwarded_host = getter("request.host"),
    get_forwarded_port = getter("request.port"),
    get_forwarded_path = getter("request.path"),
    get_http_version = function() return tonumber(ask("request.http_version")) end,
    get_method = getter("request.method"),
    get_path = getter("request.path"),
    get_raw_path = getter("request.raw_path"),
    get_path_with_query = getter("request.target"),
    get_raw_query = getter("request.raw_query"),
    get_query_arg = function(name) return named(ask("query"), name) end,
    get_query = getter("query"),
    get_header = function(name) return named(request_headers(), name) end,
    get_headers = request_headers,
    get_start_time = getter("request.start_time"),
  },
  response = response,
  router = {get_route = getter("router.route"), get_service = getter("router.service")},
  service = {
    response = {
      get_status = getter("service.response.status"),
      get_header = response.get_header,
      get_headers = response.get_headers,
    },
  },
}

local ngx = setmetatable({
  var = setmetatable({}, {
    __index = function(_, name) return ask("var", tostring(name)) end,
    __newindex = function(_, name) error("ngx.var." .. tostring(name) .. " cannot be set", 2) end,
  }),
  req = {
    get_headers = request_headers,
    get_method = kong.request.get_method,
    get_uri_args = kong.request.get_query,
    http_version = kong.request.get_http_version,
    start_time = function() return ask("request.start_time") / 1000 end,
  },
  resp = {get_headers = response_headers},
  config = {subsystem = "http"},
  get_phase = function() return "log" end,
  now = getter("now"),
  time = function() return floor(ask("now")) end,
  encode_base64 = function(text) return ask("base64.encode", tostring(text)) end,
  decode_base64 = function(text) return ask("base64.decode", tostring(text)) end,
}, {
  __index = function(_, name)
    if name == "ctx" then return scopes.ngx end
    if name == "status" then return ask("response.status") end
  end,
  __newindex = function(_, name, value)
    if name ~= "ctx" then error("ngx." .. tostring(name) .. " cannot be set", 2) end
    scopes.ngx = value
  end,
})

local function compile_field(source) return compiled(source, nil, {}) end

-- Each run has globals of its own.
local function run_field(number, field, name)
  begin(number)
  local own = {kong = kong, ngx = ngx}
  for key, value in pairs(base) do own[key] = value end
  own._G = own
  setfenv(field, own)
  set_serialize_value(name, field())
end

return {compile_template, render_template, compile_field, run_field}
