-- Ends the analysis: the candidate becomes champion as soon as it has a champion's pods.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
-- The operator acts on an id once; no other state of this object has this resourceVersion.
obj.metadata.annotations["leeboard.dev/promote"] = "argocd-" .. obj.metadata.resourceVersion
return obj
