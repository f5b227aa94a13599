local status = obj.status or {}
local annotations = obj.metadata.annotations or {}
local runs = status.runs or {}
local last = nil
local active = false
for _, run in ipairs(runs) do
  -- a look that found nothing new says nothing of the training
  if run.phase ~= "NoNewData" then
    last = run
  end
  if run.phase == "Pending" or run.phase == "Training" or run.phase == "Evaluating" then
    active = true
  end
end

-- A command that the operator has not answered yet is not given twice.
local function is_pending(command, answered)
  local asked = annotations["leeboard.dev/" .. command]
  return asked ~= nil and asked ~= "" and asked ~= answered
end

local suspended = obj.spec.suspend == true
local failed = last ~= nil and last.phase == "Failed"
return {
  train = {disabled = active or suspended or is_pending("train", status.lastTrainCommand)},
  retry = {disabled = active or suspended or not failed or is_pending("retry", status.lastRetryCommand)},
}
