-- Gets actions from /v1/actions/<entry> of a switchhook and runs them: for a FreeSWITCH that has neither a switchhook
-- beside it nor mod_cti. Needs mod_lua and mod_curl; as a script of FreeSWITCH (script_dir), or by its whole path:
--
--   <action application="lua" data="switchhook-actions.lua http://10.0.0.5:8085/v1/actions/main?number={destination_number}&amp;caller={caller_id_number}&amp;uuid={uuid}"/>
--
-- {name} is filled in here with a channel variable, percent-encoded. Never write ${name} in the arguments of lua: what
-- a caller chose would become a part of the program that FreeSWITCH makes of them (mod_lua.cpp lua_parse_and_execute).
--
-- Comes back to the dialplan when there is nothing more to do, or no list was to be had: then cti_status is "failed".

local MOST_LISTS = 1000

local url = argv[1]
local api = freeswitch.API()
local json = freeswitch.JSON()

session:setAutoHangup(false)
session:setVariable("cti_status", "failed")

local function filled(template)
  return (template:gsub("{([%w_.:-]+)}", function(name)
    local value = session:getVariable(name) or ""
    return (value:gsub("[^%w_.~-]", function(character) return string.format("%%%02X", character:byte()) end))
  end))
end

-- FreeSWITCH's own expansion of ${…}, as it would do it for the argument of an application.
local function expanded(text)
  session:execute("set", "cti_next=" .. text)
  return session:getVariable("cti_next")
end

url = filled(url)

for _ = 1, MOST_LISTS do
  if url:find("[%s'\"]") then
    -- A blank or a quote would make options for curl of what follows.
    freeswitch.consoleLog("err", "switchhook: not a URL\n")
    return
  end
  local text = api:execute("curl", url .. " connect-timeout 3 timeout 12")
  local found, list = pcall(function() return json:decode(text) end)
  if not found or type(list) ~= "table" then
    freeswitch.consoleLog("err", "switchhook: no list of actions\n")
    return
  end
  url = nil
  for _, action in ipairs(list) do
    if not session:ready() then return end
    if action.application == "cti_curl" then
      url = expanded(action.data)
      break
    end
    session:execute(action.application, action.data)
  end
  if url == nil then
    session:setVariable("cti_status", "done")
    return
  end
end
