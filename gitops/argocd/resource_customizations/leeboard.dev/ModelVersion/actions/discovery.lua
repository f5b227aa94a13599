local waiting = obj.status ~= nil and obj.status.phase == "AwaitingApproval"
local annotations = obj.metadata.annotations or {}
local pending = annotations["leeboard.dev/approved-by"] ~= nil and annotations["leeboard.dev/approved-by"] ~= ""
return {
  approve = {disabled = not waiting or pending},
}
