-- Asks for the last run once more, where it failed.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
-- The operator acts on an id once; no other state of this object has this resourceVersion.
obj.metadata.annotations["leeboard.dev/retry"] = "argocd-" .. obj.metadata.resourceVersion
return obj
