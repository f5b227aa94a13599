"""The full node: control plane, container runtime, kubelet, kube-proxy and DNS in one network namespace."""

import os
import ssl
from pathlib import Path

from e2e.cluster import certificates, cgroups, components, network, probing, settings, toml
from e2e.cluster.binaries import binary
from e2e.cluster.certificates import Certificate
from e2e.cluster.files import write, write_json, write_yaml
from e2e.cluster.place import Place
from e2e.cluster.supervision import ensure
from e2e.support.kubectl import Document, Kubectl

ETCD = "http://127.0.0.1:2379"
FAILED_ATTEMPT_SECONDS = 5
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")


def kubectl(place: Place, namespace: str = "default") -> Kubectl:
    """kubectl as the cluster's administrator."""
    return Kubectl(place.bin / "kubectl", place.kubeconfig, namespace)


def link_programs(place: Place) -> None:
    """Put every program under its own name into the cluster's folder, building what is missing."""
    place.bin.mkdir(parents=True, exist_ok=True)
    programs = dict.fromkeys(COMPONENTS, "kube") | {
        name: name for name in ("containerd", "containerd-shim-runc-v2", "coredns", "helm")
    }
    for name, program in programs.items():
        link = place.bin / name
        target = binary(program)
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)


def start_control_plane(place: Place) -> None:
    """Start etcd, API server, controller-manager and scheduler, each when the one before serves."""
    ca = certificates.authority(place.pki)
    keys = _keys(place, ca)
    peer = "http://127.0.0.1:2380"
    data = place.folder / "etcd"
    # etcd listens inside the namespace only, so the API server's own readiness is what tells that it serves
    ensure(place, "etcd", components.etcd(place.bin / "etcd", data, ETCD, peer), ready=(data / "member").exists)
    ensure(place, "kube-apiserver", _api_server(place, ca, keys), ready=lambda: _api_server_ready(place, ca))
    common = ("--leader-elect=false", f"--bind-address={place.node_address}")
    manager = _component_kubeconfig(place, ca, "kube-controller-manager", "system:kube-controller-manager")
    ensure(
        place,
        "kube-controller-manager",
        [
            *(str(place.bin / "kube-controller-manager"), f"--kubeconfig={manager}", *common),
            *("--allocate-node-cidrs", f"--cluster-cidr={place.pods}", f"--service-cluster-ip-range={place.services}"),
            *("--use-service-account-credentials", f"--root-ca-file={ca.certificate}"),
            f"--service-account-private-key-file={keys.service_account_private}",
        ],
        ready=lambda: probing.accepts((place.node_address, 10257)),
    )
    scheduler = _component_kubeconfig(place, ca, "kube-scheduler", "system:kube-scheduler")
    command = [str(place.bin / "kube-scheduler"), f"--kubeconfig={scheduler}", *common]
    ensure(place, "kube-scheduler", command, ready=lambda: probing.accepts((place.node_address, 10259)))


def start_runtime(place: Place) -> None:
    """Start containerd and wait until its socket answers: the kubelet ends when it does not."""
    write(place.configuration / "containerd.toml", toml.dumps(settings.containerd(place)))
    write_json(place.configuration / "cni" / "10-leeboard.conflist", settings.pod_network(place))
    mirror = place.configuration / "registries" / settings.REGISTRY / "hosts.toml"
    write(mirror, toml.dumps(settings.registry_mirror(place)))
    command = [str(place.bin / "containerd"), "--config", str(place.configuration / "containerd.toml")]
    path = f"{place.bin}:{os.environ['PATH']}:/usr/sbin:/sbin"
    ensure(
        place, "containerd", command, environment={"PATH": path}, ready=lambda: probing.accepts(place.containerd_socket)
    )


def start_node(place: Place) -> None:
    """Start CoreDNS, the kubelet and kube-proxy, each when the one before serves; the node is Ready then."""
    ca = certificates.authority(place.pki)
    _start_dns(place, ca)
    _start_kubelet(place, ca)
    # kube-proxy asks for its node's address first and then again half a minute later: the node must be there
    _start_proxy(place, ca)


def _start_proxy(place: Place, ca: Certificate) -> None:
    _component_kubeconfig(place, ca, "kube-proxy", "system:kube-proxy")
    write_yaml(place.configuration / "kube-proxy.yaml", settings.kube_proxy(place))
    proxy = [str(place.bin / "kube-proxy"), f"--config={place.configuration / 'kube-proxy.yaml'}"]
    ensure(place, "kube-proxy", proxy, ready=lambda: probing.answers(f"http://{place.node_address}:10256/livez"))
    network.forget_failed_attempts(place, seconds=FAILED_ATTEMPT_SECONDS)


def _start_kubelet(place: Place, ca: Certificate) -> None:
    certificates.signed(
        *(place.pki, ca, "kubelet"), common_name=settings.NODE, names=(f"IP:{place.node_address}", "IP:127.0.0.1")
    )
    config = _component_kubeconfig(place, ca, "node", f"system:node:{settings.NODE}", "system:nodes")
    write_yaml(place.configuration / "kubelet.yaml", settings.kubelet(place))
    cgroups.make(place.cgroup)
    command = [
        *(str(place.bin / "kubelet"), f"--config={place.configuration / 'kubelet.yaml'}", f"--kubeconfig={config}"),
        *(f"--root-dir={place.folder / 'kubelet'}", f"--cert-dir={place.pki}"),
        *(f"--hostname-override={settings.NODE}", f"--node-ip={place.node_address}"),
    ]
    ensure(place, "kubelet", command, ready=lambda: node_ready(place), seconds=180)


def node_ready(place: Place) -> bool:
    """True when the node says so."""
    node = kubectl(place).get("node", settings.NODE)
    conditions = (node or {}).get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _keys(place: Place, ca: Certificate) -> components.Keys:
    names = [f"IP:{address}" for address in ("127.0.0.1", place.node_address, place.service(1))]
    names += [f"DNS:kubernetes{suffix}" for suffix in ("", ".default", ".default.svc", ".default.svc.cluster.local")]
    serving = certificates.signed(place.pki, ca, "apiserver", common_name="kube-apiserver", names=tuple(names))
    return components.Keys(ca.certificate, serving, *certificates.service_account_keys(place.pki))


def _api_server(place: Place, ca: Certificate, keys: components.Keys) -> list[str]:
    admin = certificates.signed(place.pki, ca, "admin", common_name="admin", organization="system:masters")
    server = f"https://{place.node_address}:{settings.API_PORT}"
    write_yaml(place.kubeconfig, components.kubeconfig(server, ca.certificate, admin))
    return [
        *components.api_server(
            *(place.bin / "kube-apiserver", keys),
            etcd=ETCD,
            address=place.node_address,
            port=settings.API_PORT,
            services=place.services,
        ),
        # names of nodes do not resolve: exec and logs go to the address
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={ca.certificate}",
        f"--kubelet-client-certificate={admin.certificate}",
        f"--kubelet-client-key={admin.key}",
    ]


def _api_server_ready(place: Place, ca: Certificate) -> bool:
    context = ssl.create_default_context(cafile=str(ca.certificate))
    context.load_cert_chain(place.pki / "admin.crt", place.pki / "admin.key")
    return probing.answers(f"https://{place.node_address}:{settings.API_PORT}/readyz", context)


def _component_kubeconfig(place: Place, ca: Certificate, name: str, user: str, group: str = "") -> Path:
    client = certificates.signed(place.pki, ca, f"client-{name}", common_name=user, organization=group)
    path = place.configuration / f"{name}.kubeconfig"
    server = f"https://{place.node_address}:{settings.API_PORT}"
    write_yaml(path, components.kubeconfig(server, ca.certificate, client))
    return path


def _start_dns(place: Place, ca: Certificate) -> None:
    _component_kubeconfig(place, ca, "coredns", "system:coredns")
    kubectl(place, "").apply(*_dns_permissions())
    write(place.configuration / "Corefile", settings.corefile(place))
    name = f"kubernetes.default.svc.{settings.DOMAIN}"
    command = [str(place.bin / "coredns"), "-conf", str(place.configuration / "Corefile")]
    ensure(place, "coredns", command, ready=lambda: probing.resolves(place.node_address, name))


def _dns_permissions() -> list[Document]:
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"}
    user = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:coredns"}
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "system:coredns"}}
    return [
        kind | {"kind": "ClusterRole", "rules": rules},
        kind | {"kind": "ClusterRoleBinding", "roleRef": role, "subjects": [user]},
    ]
