-- Refuses REST bodies that Envoy's transcoder would half understand: unknown fields (which it drops without a word),
-- fields given twice, and anything that is not JSON. Runs only on REST routes with a body, never on gRPC.
--
-- The renderer puts two tables in front of this file:
--   MESSAGES[message][field] = kind    under both names of the field; kind is 1 (a value that the transcoder checks),
--                                      "message", or {kind} for a map with values of that kind
--   ALIASES[proto name] = JSON name    where the two differ

local find, sub, byte = string.find, string.sub, string.byte
local DEPTH_MAX = 64

local function refuse(reason, message, field)
  error({reason = reason, message = message, field = field or ""}, 0)
end

local function malformed(i, expected)
  refuse("MESH_ERROR_REASON_MALFORMED", "the body is not JSON: " .. expected .. " expected at byte " .. i)
end

local function written(path, depth)
  local text = ""
  for level = 1, depth do
    local step = path[level]
    if type(step) == "number" then
      text = text .. "[" .. step .. "]"
    else
      text = text .. (text == "" and "" or ".") .. step
    end
  end
  return text
end

local function fields_of(message)
  local names = {}
  for name in pairs(MESSAGES[message]) do
    if not ALIASES[name] then names[#names + 1] = name end
  end
  table.sort(names)
  return #names > 0 and table.concat(names, ", ") or "none"
end

-- Positions: every reader takes the index where it starts, and returns the one after its end.

local function skip(s, i)
  return find(s, "[^ \t\r\n]", i) or #s + 1
end

local function read_string(s, i)
  local from = i + 1
  while true do
    local stop = find(s, '["\\%z\1-\31]', from)
    local char = stop and byte(s, stop)
    if char == 34 then return stop + 1 end
    if char ~= 92 then malformed(stop or #s + 1, "the end of a string") end
    if find(s, '^["\\/bfnrt]', stop + 1) then
      from = stop + 2
    elseif find(s, "^u%x%x%x%x", stop + 1) then
      from = stop + 6
    else
      malformed(stop + 1, "an escape")
    end
  end
end

local function key_text(s, i, after)
  local text = sub(s, i + 1, after - 2)
  if not find(text, "\\", 1, true) then return text end
  -- Names of fields are ASCII: what does not become ASCII is unknown in any case.
  return (text:gsub("\\u00(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function read_number(s, i)
  local _, stop = find(s, "^-?%d+", i)
  if not stop or find(s, "^-?0%d", i) then malformed(i, "a value") end
  local _, fraction = find(s, "^%.%d+", stop + 1)
  local _, exponent = find(s, "^[eE][+-]?%d+", (fraction or stop) + 1)
  return (exponent or fraction or stop) + 1
end

local WORDS = {[116] = "true", [102] = "false", [110] = "null"}
local read_value

local function members(s, i, path, depth, visit)
  -- Calls visit(key, index of the value) for each member, which returns the index after the value.
  i = skip(s, i + 1)
  if byte(s, i) == 125 then return i + 1 end
  while true do
    if byte(s, i) ~= 34 then malformed(i, "the name of a field") end
    local after = read_string(s, i)
    local key = key_text(s, i, after)
    i = skip(s, after)
    if byte(s, i) ~= 58 then malformed(i, "a colon") end
    path[depth] = key
    i = skip(s, visit(key, skip(s, i + 1)))
    local char = byte(s, i)
    if char == 125 then return i + 1 end
    if char ~= 44 then malformed(i, "a comma or a closing brace") end
    i = skip(s, i + 1)
  end
end

local function read_free(s, i, path, depth, kind)
  return members(s, i, path, depth, function(_, at) return read_value(s, at, kind, path, depth) end)
end

local function type_in_any(s, i, path, depth)
  local name
  members(s, i, path, depth, function(key, at)
    local after = read_value(s, at, 1, path, depth)
    if key == "@type" then name = sub(s, at, after - 1):match('([^/"]+)"$') end
    return after
  end)
  return name
end

local function read_message(s, i, message, path, depth)
  local extra
  if message == "google.protobuf.Any" then
    message, extra = type_in_any(s, i, path, depth), "@type"
  end
  local fields = MESSAGES[message]
  if not fields then return read_free(s, i, path, depth, 1) end
  local seen = {}
  return members(s, i, path, depth, function(key, at)
    local kind = fields[key] or (key == extra and 1)
    if not kind then
      refuse("MESH_ERROR_REASON_UNKNOWN_FIELD", 'unknown field "' .. written(path, depth) .. '"; the fields of ' ..
        message .. " are: " .. fields_of(message), written(path, depth))
    end
    local name = ALIASES[key] or key
    if seen[name] then
      refuse("MESH_ERROR_REASON_MALFORMED", 'field "' .. written(path, depth) .. '" is given twice; send it once', written(path, depth))
    end
    seen[name] = true
    return read_value(s, at, kind, path, depth)
  end)
end

local function read_array(s, i, kind, path, depth)
  i = skip(s, i + 1)
  if byte(s, i) == 93 then return i + 1 end
  local index = 0
  while true do
    path[depth] = index
    i = skip(s, read_value(s, i, kind, path, depth))
    local char = byte(s, i)
    if char == 93 then return i + 1 end
    if char ~= 44 then malformed(i, "a comma or a closing bracket") end
    i = skip(s, i + 1)
    index = index + 1
  end
end

local function read_object(s, i, kind, path, depth)
  if type(kind) == "string" then return read_message(s, i, kind, path, depth) end
  return read_free(s, i, path, depth, type(kind) == "table" and kind[1] or 1)
end

function read_value(s, i, kind, path, depth)
  local char = byte(s, i)
  if char == 34 then return read_string(s, i) end
  if char == 123 or char == 91 then
    if depth >= DEPTH_MAX then malformed(i, "less than " .. DEPTH_MAX .. " levels") end
    return (char == 123 and read_object or read_array)(s, i, kind, path, depth + 1)
  end
  local word = WORDS[char]
  if not word then return read_number(s, i) end
  if sub(s, i, i + #word - 1) ~= word then malformed(i, "a value") end
  return i + #word
end

local function check(text, kind)
  local after = skip(text, read_value(text, skip(text, 1), kind, {}, 0))
  if after <= #text then malformed(after, "the end") end
end

local STATUS = {MESH_ERROR_REASON_TOO_LARGE = "413", MESH_ERROR_REASON_CONTENT_TYPE = "415"}

local function answer(handle, refusal)
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set("arkalia.mesh", "reason", refusal.reason)
  metadata:set("arkalia.mesh", "field", refusal.field)
  handle:respond({[":status"] = STATUS[refusal.reason] or "400"}, refusal.message)
end

local function inspect(handle, context)
  -- Waiting for the body ends the life of what was taken from the handle before, so all of it is read first.
  local message, limit = context:get("message"), context:get("limit")
  local size = tonumber(handle:headers():get("content-length") or "0") or 0
  local format = (handle:headers():get("content-type") or ""):lower()
  if size > limit then
    refuse("MESH_ERROR_REASON_TOO_LARGE", "the body has " .. size .. " bytes; send at most " .. limit)
  end
  local body = handle:body()
  if not body or body:length() == 0 then return end
  if not find(format, "^application/json") then
    refuse("MESH_ERROR_REASON_CONTENT_TYPE", "send the header content-type: application/json")
  end
  check(body:getBytes(0, body:length()), message)
end

function envoy_on_request(handle)
  local passed, refusal = pcall(inspect, handle, handle:filterContext())
  if passed then return end
  if type(refusal) == "table" then return answer(handle, refusal) end
  -- A fault of this file must not let a body through unchecked.
  handle:logErr(tostring(refusal))
  handle:respond({[":status"] = "500"}, "the body could not be checked")
end
