local status = obj.status or {}
local commands = status.commands or {}
local annotations = obj.metadata.annotations or {}
local candidate = status.candidate
local under_way = candidate ~= nil and candidate.phase ~= "RollingBack"

-- A command that the operator has not answered yet is not given twice.
local function is_pending(command)
  local asked = annotations["leeboard.dev/" .. command]
  return asked ~= nil and asked ~= "" and asked ~= commands[command]
end

local function is_paused()
  local asked = annotations["leeboard.dev/pause"]
  if asked == "true" or asked == "false" then
    return asked == "true"
  end
  return commands.pause == true
end

local function was_rolled_back()
  return status.quarantined ~= nil and #status.quarantined > 0
end

-- Of several challengers an action cannot say which one is meant; the command line can.
local compared = 0
for _, challenger in ipairs(status.challengers or {}) do
  if challenger.phase ~= "Leaving" then
    compared = compared + 1
  end
end
local only_one = candidate == nil and compared == 1

local can_promote = (under_way and candidate.phase ~= "Promoting") or only_one
local can_abort = under_way or only_one or (candidate == nil and compared == 0 and status.draining ~= nil)
local promotion = obj.spec.promotion or {}
local can_retry = was_rolled_back() and not under_way and promotion.policy ~= "Pinned"
return {
  promote = {disabled = not can_promote or is_pending("promote")},
  abort = {disabled = not can_abort or is_pending("abort")},
  pause = {disabled = is_paused()},
  resume = {disabled = not is_paused()},
  retry = {disabled = not can_retry or is_pending("retry")},
}
