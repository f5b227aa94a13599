-- Approves the version in the name under which Argo CD's server writes to this cluster: an admission policy takes no
-- other. It needs the verb approve on modelversions.leeboard.dev, and Argo CD's own RBAC decides who may run this
-- action. Where Argo CD runs in another cluster this name is that of the ServiceAccount it was given here, usually
-- system:serviceaccount:kube-system:argocd-manager.
local approver = "system:serviceaccount:argocd:argocd-server"

if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["leeboard.dev/approved-by"] = approver
return obj
