-- Holds the rollout where it is.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["leeboard.dev/pause"] = "true"
return obj
