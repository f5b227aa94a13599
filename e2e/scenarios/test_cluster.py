"""The cluster itself: what every scenario and the demo take for granted."""

import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from e2e.cluster import build_context, buildah, images, lifecycle, mounts, network, processes
from e2e.cluster.lifecycle import Cluster
from e2e.support.kubectl import Document, Kubectl, KubectlError
from e2e.support.narrator import Narrator

pytestmark = pytest.mark.node


def s3(cluster: Cluster, *, seen_from: str = "host", limited: bool = False) -> Any:
    server = cluster.endpoints["s3"]
    user = server["limited"] if limited else server
    return boto3.client(
        "s3",
        endpoint_url=server[seen_from],
        aws_access_key_id=user["accessKey"],
        aws_secret_access_key=user["secretKey"],
        region_name=server["region"],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, signature_version="s3v4"),
    )


def container(image: str) -> Document:
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    resources = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}}
    probe = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}
    return {
        "name": "web",
        "image": image,
        "securityContext": security,
        "resources": resources,
        "readinessProbe": probe,
    }


def deployment(image: str) -> list[Document]:
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "containers": [container(image)],
        },
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    service = {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service},
    ]


@pytest.fixture(scope="module")
def web(restricted: Kubectl, python_image: str) -> Kubectl:
    """kubectl in a namespace where a Deployment of a web server runs, its image pulled by digest."""
    assert re.fullmatch(r".+@sha256:[0-9a-f]{64}", python_image)
    restricted.apply(*deployment(python_image))
    restricted("rollout", "status", "deployment/web", "--timeout=120s")
    return restricted


def python_in_pod(kubectl: Kubectl, script: str, *args: str) -> str:
    return kubectl("exec", "deployment/web", "--", "python3", "-c", script, *args).strip()


def test_image_runs_by_its_digest(web: Kubectl, python_image: str) -> None:
    (pod,) = web.all("pods")
    assert pod["status"]["containerStatuses"][0]["imageID"] == python_image


def test_limits_hold(web: Kubectl) -> None:
    script = (
        "import pathlib; one = pathlib.Path('/sys/fs/cgroup/memory/memory.limit_in_bytes');"
        "two = pathlib.Path('/sys/fs/cgroup/memory.max'); print((one if one.exists() else two).read_text())"
    )
    assert python_in_pod(web, script) == str(64 * 1024 * 1024)


def test_a_privileged_pod_is_denied(web: Kubectl, python_image: str) -> None:
    pod = {"containers": [{"name": "web", "image": python_image, "securityContext": {"privileged": True}}]}
    with pytest.raises(KubectlError, match="violates PodSecurity"):
        web.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "privileged"}, "spec": pod})


def test_names_resolve_in_a_pod(web: Kubectl) -> None:
    script = "import socket, sys\nfor name in sys.argv[1:]: print(socket.gethostbyname(name))"
    names = ("s3.storage.svc", "registry.storage.svc", "git.storage.svc", "web", "kubernetes.default.svc.cluster.local")
    addresses = python_in_pod(web, script, *names).split()
    services = {
        (s["metadata"]["namespace"], s["metadata"]["name"]): s["spec"]["clusterIP"]
        for kubectl in (web, Kubectl(web.binary, web.kubeconfig, "storage"), Kubectl(web.binary, web.kubeconfig))
        for s in kubectl.all("services")
    }
    wanted = [("storage", "s3"), ("storage", "registry"), ("storage", "git"), (web.namespace, "web")]
    assert addresses == [services[name] for name in [*wanted, ("default", "kubernetes")]]


def test_an_unknown_name_is_refused_at_once(web: Kubectl) -> None:
    script = (
        "import socket\ntry: socket.gethostbyname('example.com')\n"
        "except socket.gaierror as error: print(error.errno == socket.EAI_NONAME)"
    )
    assert python_in_pod(web, script) == "True"


def test_services_answer_host_and_pods(web: Kubectl) -> None:
    (service,) = web.all("services")
    address = service["spec"]["clusterIP"]
    with urllib.request.urlopen(f"http://{address}/", timeout=10) as answer:
        assert answer.status == 200
    # the second is the pod calling itself through its Service
    script = "import sys, urllib.request as r\nfor u in sys.argv[1:]: print(r.urlopen(u, timeout=10).status)"
    assert python_in_pod(web, script, f"http://{address}/", "http://web/").split() == ["200", "200"]


def test_logs(web: Kubectl) -> None:
    assert '"GET / HTTP/1.1" 200' in web("logs", "deployment/web")


def test_port_forward(web: Kubectl) -> None:
    command = [str(web.binary), "--kubeconfig", str(web.kubeconfig), "--namespace", web.namespace]
    with subprocess.Popen(
        [*command, "port-forward", "deployment/web", "--address", "127.0.0.1", ":8080"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            match = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert match is not None
            with urllib.request.urlopen(f"http://127.0.0.1:{match[1]}/", timeout=10) as answer:
                assert answer.status == 200
        finally:
            process.terminate()


@pytest.fixture
def bucket(cluster: Cluster) -> Iterator[str]:
    name = "scenario-cluster"
    client = s3(cluster)
    client.create_bucket(Bucket=name)
    yield name
    for entry in client.list_objects_v2(Bucket=name).get("Contents", []):
        client.delete_object(Bucket=name, Key=entry["Key"])
    client.delete_bucket(Bucket=name)


def test_host_and_pods_share_object_storage(cluster: Cluster, web: Kubectl, bucket: str) -> None:
    host, pod = s3(cluster), s3(cluster, seen_from="cluster")
    host.put_object(Bucket=bucket, Key="from-host", Body=b"hello")
    script = (
        "import sys, urllib.request as r\n"
        "print(r.urlopen(sys.argv[1], timeout=10).read().decode())\n"
        "print(r.urlopen(r.Request(sys.argv[2], data=b'back', method='PUT'), timeout=10).status)"
    )
    get = pod.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "from-host"})
    put = pod.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "from-pod"})
    assert python_in_pod(web, script, get, put).split() == ["hello", "200"]
    assert host.get_object(Bucket=bucket, Key="from-pod")["Body"].read() == b"back"


def test_the_limited_user_is_forbidden(cluster: Cluster, bucket: str) -> None:
    s3(cluster).put_object(Bucket=bucket, Key="secret", Body=b"hello")
    with pytest.raises(ClientError) as denied:
        s3(cluster, limited=True).get_object(Bucket=bucket, Key="secret")
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_code_is_cloned_from_a_pod(cluster: Cluster, web: Kubectl, tmp_path: Path) -> None:
    bare = cluster.repository("scenario-cluster")
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        [*author, "commit", "--quiet", "--allow-empty", "--message", "First"],
        ["push", "--quiet", "--force", str(bare), "main"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True, capture_output=True, timeout=60)
    head = subprocess.run(
        ["git", "-C", str(tmp_path), "rev-parse", "HEAD"], check=True, capture_output=True, text=True, timeout=60
    )
    url = f"{cluster.endpoints['git']['cluster']}/scenario-cluster.git"
    seen = web("exec", "deployment/web", "--", "git", "ls-remote", url, "refs/heads/main")
    assert seen.split() == [head.stdout.strip(), "refs/heads/main"]


def test_an_image_that_does_not_exist_is_told(web: Kubectl, cluster: Cluster) -> None:
    missing = container(f"{cluster.endpoints['registry']['cluster']}/leeboard/test@sha256:{'0' * 64}")
    pod = {"automountServiceAccountToken": False, "restartPolicy": "Never", "containers": [missing]}
    web.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "missing"}, "spec": pod})
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    web("wait", f"--for={waiting}=ErrImagePull", "pod/missing", "--timeout=60s")
    web("delete", "pod", "missing", "--wait=false")


def test_nothing_of_the_builder_stays_in_an_image(web: Kubectl) -> None:
    # what is lent to a build is mounted there: at most an empty file stays where it was mounted
    script = "import pathlib; path = pathlib.Path('/etc/pip.conf'); print(path.exists() and path.stat().st_size)"
    assert python_in_pod(web, script) in {"False", "0"}


def test_an_unchanged_image_is_not_built_again(
    cluster: Cluster, python_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(buildah, "build", build)
    assert images.test_image(cluster.place) == python_image


def test_context_is_what_git_would_commit(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    subprocess.run(["git", "init", "--quiet", str(source)], check=True, timeout=60)
    for name, text in ((".gitignore", "ignored\n"), ("kept", "1"), ("ignored", "2"), ("elsewhere", "3")):
        (source / name).write_text(text)
    first = build_context.stage(source, ["kept"], target)
    assert [path.name for path in target.iterdir()] == ["kept"]
    (source / "elsewhere").write_text("4")
    assert build_context.stage(source, ["kept"], target) == first
    (source / "kept").write_text("5")
    assert build_context.stage(source, ["kept"], target) != first


def test_a_second_cluster_leaves_nothing_behind(cluster: Cluster, tmp_path: Path) -> None:
    other = lifecycle.up(tmp_path / "cluster", Narrator())
    try:
        assert other.place.slot != cluster.place.slot
        other.kubectl("default").apply(*deployment(images.test_image(other.place)))
        other.kubectl()("rollout", "status", "deployment/web", "--timeout=120s")
        pids = network.pids(other.place)
        assert len(pids) > len(lifecycle.PROCESSES)  # the components, and the shim of the pod
    finally:
        lifecycle.down(other.place.folder, Narrator())
    assert not [pid for pid in pids if processes.alive(pid)]
    assert not mounts.below(other.place.folder, other.place.run)
    assert not other.place.folder.exists()
    assert not other.place.run.exists()
    assert not network.exists(other.place)
    assert lifecycle.running(cluster.place.folder) is not None


def test_up_again_restarts_nothing(cluster: Cluster) -> None:
    place = cluster.place
    before = [processes.running(place.processes, name) for name in lifecycle.PROCESSES]
    assert None not in before
    lifecycle.up(place.folder, Narrator())
    assert [processes.running(place.processes, name) for name in lifecycle.PROCESSES] == before


def test_up_starts_again_what_died(cluster: Cluster) -> None:
    place = cluster.place
    pid = processes.running(place.processes, "git")
    assert pid is not None
    processes.stop(pid)
    assert lifecycle.up(place.folder, Narrator()).place == place
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(cluster.endpoints["git"]["host"], timeout=10)
