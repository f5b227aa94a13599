"""The configuration files of the node's components, as plain values."""

from typing import Any

from e2e.cluster.place import Place

NODE = "leeboard"
DOMAIN = "cluster.local"
REGISTRY = "registry.storage.svc:5000"
PAUSE = f"{REGISTRY}/leeboard/pause:1"
REGISTRY_PORT, S3_PORT, GIT_PORT, API_PORT = 5000, 7070, 3000, 6443
CNI_PLUGINS = "/usr/lib/cni"

Document = dict[str, Any]


def containerd(place: Place) -> Document:
    """containerd, configuration version 3: everything it writes lies in the cluster's own folders."""
    runc = {"runtime_type": "io.containerd.runc.v2", "options": {"SystemdCgroup": False}}
    return {
        "version": 3,
        "root": str(place.folder / "containerd"),
        "state": str(place.run / "containerd"),
        "oom_score": 0,
        "grpc": {"address": str(place.containerd_socket)},
        "plugins": {
            "io.containerd.cri.v1.runtime": {
                # some sandboxes lack CAP_SYS_RESOURCE and AppArmor
                "restrict_oom_score_adj": True,
                "disable_apparmor": True,
                "netns_mounts_under_state_dir": True,
                "containerd": {"default_runtime_name": "runc", "runtimes": {"runc": runc}},
                "cni": {"bin_dirs": [CNI_PLUGINS], "conf_dir": str(place.configuration / "cni")},
            },
            "io.containerd.cri.v1.images": {
                "pinned_images": {"sandbox": PAUSE},
                "registry": {"config_path": str(place.configuration / "registries")},
            },
            "io.containerd.internal.v1.opt": {"path": str(place.folder / "opt")},
            "io.containerd.nri.v1.nri": {"disable": True},
        },
    }


def registry_mirror(place: Place) -> Document:
    """containerd's hosts.toml: the registry's name in the cluster is pulled from the node by plain HTTP."""
    address = f"http://{place.node_address}:{REGISTRY_PORT}"
    return {"server": address, "host": {address: {"capabilities": ["pull", "resolve"]}}}


def pod_network(place: Place) -> Document:
    """A routed pair of devices for each pod: unlike on a bridge, answers to Services always pass the node's tables."""
    ipam = {
        "type": "host-local",
        "ranges": [[{"subnet": place.pods}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": str(place.folder / "addresses"),
    }
    return {"cniVersion": "1.0.0", "name": "leeboard", "plugins": [{"type": "ptp", "ipMasq": False, "ipam": ipam}]}


def kubelet(place: Place) -> Document:
    """The kubelet's configuration file."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(place.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(place.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(place.pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{place.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": place.cgroup,
        "failCgroupV1": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "makeIPTablesUtilChains": False,
        "clusterDNS": [place.service(10)],
        "clusterDomain": DOMAIN,
        "resolvConf": "",
        "podLogsDir": str(place.folder / "pod-logs"),
        "volumePluginDir": str(place.folder / "volume-plugins"),
        "serializeImagePulls": False,
        # the machine is not the cluster's own: a full disk elsewhere evicts nothing here
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
    }


def kube_proxy(place: Place) -> Document:
    """kube-proxy's configuration file."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": str(place.configuration / "kube-proxy.kubeconfig")},
        "clusterCIDR": place.pods,
        "hostnameOverride": NODE,
        "conntrack": {"maxPerCore": 0, "min": 0},
        "nftables": {"minSyncPeriod": "100ms"},
    }


def registry(storage: str, place: Place) -> Document:
    """The image registry's configuration file."""
    return {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": storage}, "delete": {"enabled": True}},
        "http": {"addr": f"{place.node_address}:{REGISTRY_PORT}"},
    }


def corefile(place: Place) -> str:
    """CoreDNS: the cluster's names, and a plain "no such name" for all others."""
    kubeconfig = place.configuration / "coredns.kubeconfig"
    lines = [
        f"{DOMAIN}:53 in-addr.arpa:53 {{",
        f"    bind {place.node_address}",
        f"    kubernetes {DOMAIN} in-addr.arpa {{",
        f"        kubeconfig {kubeconfig}",
        "        ttl 5",
        "    }",
        "    errors",
        "}",
        # a block of its own: within one, the template would answer before the cluster's names are looked up
        ".:53 {",
        f"    bind {place.node_address}",
        "    template ANY ANY . {",
        "        rcode NXDOMAIN",
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"
