"""A Gateway with a real data plane, for what asks for one: Contour answers for it, and Envoy carries the requests.

Both run beside the node in its network namespace, as the other components do. Contour brings the definitions of the
Gateway API that it was built for (v1.3, with GRPCRoute in v1) and its own.
"""

from pathlib import Path
from typing import Any

from e2e.cluster import modules, node, probing
from e2e.cluster.binaries import PROGRAMS, binary
from e2e.cluster.envoy import envoy
from e2e.cluster.files import write_yaml
from e2e.cluster.lifecycle import Cluster
from e2e.cluster.place import Place
from e2e.cluster.supervision import ensure

MODULE = "github.com/projectcontour/contour"
NAMESPACE, NAME = "gateway-system", "public"
HTTP_PORT, GRPC_PORT = 8080, 8081
"""Where Envoy listens for the two listeners, on 80 and 81: Contour adds 8,000 to the ports of listeners."""
XDS_PORT, HEALTH_PORT, STATS_PORT, DEBUG_PORT = 18001, 18000, 18002, 18003
_CONTROLLER = "projectcontour.io/gateway-controller"
_NODE = "--service-node envoy --service-cluster gateway"

Document = dict[str, Any]


def definitions() -> tuple[Path, ...]:
    """Files with the definitions of the Gateway API and of Contour's own kinds, from the module's source."""
    examples = modules.module(MODULE, PROGRAMS["contour"].version) / "examples"
    return examples / "gateway" / "00-crds.yaml", examples / "contour" / "01-crds.yaml"


def start(cluster: Cluster) -> None:
    """Install the definitions, and start Contour and Envoy where they do not run.

    Envoy listens at the node's address as soon as there is a route.
    """
    place, kubectl = cluster.place, cluster.kubectl("")
    for path in definitions():
        # too large for the annotation of a client-side apply
        kubectl("apply", "--server-side", "--force-conflicts", "-f", str(path))
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
    kubectl.apply(*_objects())
    contour, proxy = binary("contour"), envoy()
    _start_contour(place, contour)
    _start_envoy(place, contour, proxy)


def parent(listener: str) -> Document:
    """What a route names as its parent: one of the listeners `http` and `grpc`."""
    return {"name": NAME, "namespace": NAMESPACE, "sectionName": listener}


def _objects() -> list[Document]:
    kind = {"apiVersion": "gateway.networking.k8s.io/v1"}
    common = {"protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
    listeners = [common | {"name": "http", "port": 80}, common | {"name": "grpc", "port": 81}]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        kind | {"kind": "GatewayClass", "metadata": {"name": NAME}, "spec": {"controllerName": _CONTROLLER}},
        kind
        | {
            "kind": "Gateway",
            "metadata": {"name": NAME, "namespace": NAMESPACE},
            "spec": {"gatewayClassName": NAME, "listeners": listeners},
        },
    ]


def _start_contour(place: Place, program: Path) -> None:
    path = place.configuration / "contour.yaml"
    write_yaml(path, {"gateway": {"gatewayRef": {"namespace": NAMESPACE, "name": NAME}}})
    command = [
        *(str(program), "serve", f"--kubeconfig={place.kubeconfig}", f"--config-path={path}"),
        *("--insecure", "--xds-address=127.0.0.1", f"--xds-port={XDS_PORT}", "--disable-leader-election"),
        *("--health-address=127.0.0.1", f"--health-port={HEALTH_PORT}"),
        *("--http-address=127.0.0.1", f"--http-port={HEALTH_PORT}"),
        *("--stats-address=127.0.0.1", f"--stats-port={STATS_PORT}"),
        *("--debug-http-address=127.0.0.1", f"--debug-http-port={DEBUG_PORT}"),
    ]
    gateway = node.kubectl(place, NAMESPACE)
    ensure(
        place, "contour", command, ready=lambda: _is_programmed(gateway.get("gateways.gateway.networking.k8s.io", NAME))
    )


def _start_envoy(place: Place, contour: Path, program: Path) -> None:
    path = place.configuration / "envoy.json"
    # written anew at every start: a shell is what becomes Envoy afterwards
    script = '"$1" bootstrap "$2" --xds-address 127.0.0.1 --xds-port "$3" --admin-address "$4"; exec "$0" -c "$2"'
    values = (program, contour, path, XDS_PORT, place.run / "envoy.sock")
    command = ["sh", "-ec", f'{script} {_NODE} --base-id "$5"', *map(str, values), str(place.slot + 1)]
    ensure(place, "envoy", command, ready=lambda: probing.accepts(place.run / "envoy.sock"))


def _is_programmed(gateway: Document | None) -> bool:
    conditions = (gateway or {}).get("status", {}).get("conditions", [])
    return any(one["type"] == "Accepted" and one["status"] == "True" for one in conditions)
