-- The conditions of Leeboard are those of kstatus: Ready always, Reconciling and Stalled only while they are true.
local conditions = {}

local function is_true(kind)
  return conditions[kind] ~= nil and conditions[kind].status == "True"
end

local function health(status, kind)
  return {status = status, message = conditions[kind].message or ""}
end

if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation or obj.status.conditions == nil then
  return {status = "Progressing", message = "the operator has not looked at this generation yet"}
end
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
if is_true("Stalled") then
  return health("Degraded", "Stalled")
end
if is_true("Reconciling") then
  return health("Progressing", "Reconciling")
end
if is_true("AwaitingApproval") then
  return health("Suspended", "AwaitingApproval")
end
if is_true("Staged") and conditions.Staged.reason == "AwaitingPromotion" then
  return health("Suspended", "Staged")
end
local candidate = obj.status.candidate
local held = {}
if candidate ~= nil and candidate.phase ~= "RollingBack" then
  table.insert(held, candidate.name)
end
for _, challenger in ipairs(obj.status.challengers or {}) do
  if challenger.phase ~= "Leaving" then
    table.insert(held, challenger.name)
  end
end
if #held > 0 and obj.status.commands ~= nil and obj.status.commands.pause then
  return {status = "Suspended", message = table.concat(held, ", ") .. " is held by the annotation leeboard.dev/pause"}
end
if candidate ~= nil and candidate.phase == "Canary" and candidate.inconclusiveSince ~= nil then
  -- the analysis came to no verdict in time: a person has to decide
  return health("Suspended", "CanaryInProgress")
end
for _, challenger in ipairs(obj.status.challengers or {}) do
  if challenger.phase == "Comparing" and challenger.inconclusiveSince ~= nil then
    return health("Suspended", "ChallengersInProgress")
  end
end
if is_true("Ready") then
  local found = health("Healthy", "Ready")
  if is_true("CanaryInProgress") then
    -- a champion serves, however long the canary takes: an application must not wait for days
    found.message = found.message .. "; " .. conditions.CanaryInProgress.message
  end
  if is_true("ChallengersInProgress") then
    found.message = found.message .. "; " .. conditions.ChallengersInProgress.message
  end
  return found
end
return {status = "Progressing", message = conditions.Ready ~= nil and conditions.Ready.message or ""}
