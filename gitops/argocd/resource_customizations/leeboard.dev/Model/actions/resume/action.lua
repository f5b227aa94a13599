-- Lets the rollout go on.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["leeboard.dev/pause"] = "false"
return obj
