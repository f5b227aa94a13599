-- Rolls the candidate back, or brings back the champion before while it still has its pods.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
-- The operator acts on an id once; no other state of this object has this resourceVersion.
obj.metadata.annotations["leeboard.dev/abort"] = "argocd-" .. obj.metadata.resourceVersion
return obj
