"""Facts from the texts of kubelet, scheduler, controllers and API server; never the texts themselves.

Such a text may quote anything: a signed address that the registry redirected to, a variable's value, the words of a
webhook. It also changes where nothing else does ("0/4 nodes", "back-off 40s"). What is taken over is therefore a
phrase of ours for a pattern that Kubernetes 1.33 to 1.35 write, with names of objects, fields and quantities in it;
a text that fits no pattern leaves a phrase that says no more than its typed reason.
"""

import re
from collections.abc import Sequence

_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_KEY = r"[A-Za-z0-9._-]{1,253}"
_QUANTITY = r"[0-9](?:[0-9A-Za-z.]{0,30}[0-9A-Za-z])?"
_AMOUNTS = rf"[a-z][a-z0-9./-]{{0,99}}={_QUANTITY}"

Phrases = Sequence[tuple[re.Pattern[str], str]]


def _phrases(*pairs: tuple[str, str]) -> Phrases:
    return tuple((re.compile(pattern, re.IGNORECASE), phrase) for pattern, phrase in pairs)


_IMAGE = _phrases(
    (r"unauthorized|authentication required|authorization failed|denied|no basic auth|\b40[13]\b", "access is refused"),
    (r"no match for platform", "there is none for the node's architecture"),
    (r"not found|manifest unknown|name unknown|does not exist|\b404\b", "not found in the registry"),
    (r"toomanyrequests|\b429\b", "the registry allows no more pulls for now"),
    (r"x509|certificate|tls:|server gave HTTP response to HTTPS", "the registry's certificate is not trusted"),
    (r"no such host|server misbehaving", "the registry's name is not known"),
    (
        r"connection refused|i/o timeout|deadline exceeded|no route to host|unavailable|EOF",
        "the registry gives no answer",
    ),
    (r"no space left", "the node has no room for it"),
)
_START = _phrases(
    (r"executable file not found|no such file or directory", "its command is not in the image"),
    (r"permission denied|exec format error", "its command cannot be executed"),
    (
        r"run as root|non-numeric user|runAsNonRoot|non-root policy",
        "the image runs as root, or as a user without a number",
    ),
    (r"deadline exceeded", "the node did not start it in time"),
)
_OBSTACLES = _phrases(
    (r"untolerated taint|taints that the pod didn't tolerate", "taints that podTemplateOverrides.tolerations lacks"),
    (r"node affinity/selector|requested node name", "no node fits podTemplateOverrides.nodeSelector"),
    (r"(pod|existing pods) (anti-)?affinity rules", "the affinity rules of pods"),
    (r"topology spread", "the topology spread constraints"),
    (r"were unschedulable", "nodes that take no new pods"),
    (r"too many pods", "nodes that are full of pods"),
    (r"persistentvolume|volume node affinity|volume zone|max volume count|pvc\(s\)", "the volumes' claims"),
    (r"no nodes available|^0/0 nodes", "there is no node"),
)
_VOLUME = _phrases(
    (rf"references non-existent (?:secret|config) key: ({_KEY})", "what it names has no key {}"),
    (r"not found", "what it names is not there"),
    (r"timed out|deadline exceeded", "it was not mounted in time"),
    (r"multi-attach|already (exclusively )?attached|used by pod", "another node holds it"),
    (r"permission denied|access denied", "access is refused"),
)
_EVICTIONS = _phrases(
    (r"was low on resource: ([a-z-]{1,40})", "the node was low on {}"),
    (r"had condition: \[?([A-Za-z]{1,40})", "the node had {}"),
    (rf"EmptyDir volume \"({_NAME})\" exceeds the limit \"({_QUANTITY})\"", "the volume {} holds more than {}"),
    (rf"Container ({_NAME}) exceeded its local [a-z ]+\"({_QUANTITY})\"", "the container {} wrote more than {}"),
    (rf"total limit of containers ({_QUANTITY})", "its containers wrote more than {}"),
)
_REFUSALS = _phrases(
    (r"violates PodSecurity \"([a-z]+:[a-z0-9.]{1,20})\"", "the namespace enforces PodSecurity {}"),
    (rf"ValidatingAdmissionPolicy '({_NAME})'", "ValidatingAdmissionPolicy {} denied it"),
    (rf"admission webhook \"({_NAME})\"", "the admission webhook {} denied it"),
    (
        rf"(maximum|minimum) ([a-z-]{{1,40}}) usage per (Container|Pod) is ({_QUANTITY})",
        "a LimitRange sets the {} of {} for a {} to {}",
    ),
    (rf"no PriorityClass with name ({_NAME})", "there is no PriorityClass {}"),
    (r"namespace .{1,300} being terminated", "the namespace is being deleted"),
)


def image_fact(image: str, message: str) -> str:
    """Which image cannot be had, and why."""
    return f"{image_named(image)}: {_first(_IMAGE, message, 'it cannot be pulled')}"


def image_named(image: str) -> str:
    """An image by the name that the pod gives it."""
    return f"image {image[:300]}" if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*", image) else "the image"


def start_fact(message: str) -> str:
    """Why a container could not be started."""
    return _first(_START, message, "the node cannot start it")


def missing_object(message: str) -> str | None:
    """Which Secret, ConfigMap, key or ServiceAccount a pod needs and is not there, or None."""
    found = re.search(rf"\b(secret|configmap|serviceaccount) \"({_NAME})\" not found", message, re.IGNORECASE)
    if found:
        kinds = {"secret": "Secret", "configmap": "ConfigMap", "serviceaccount": "ServiceAccount"}
        return f"there is no {kinds[found[1].lower()]} {found[2]}"
    found = re.search(rf"couldn't find key ({_KEY}) in (Secret|ConfigMap) {_NAME}/({_NAME})", message)
    return f"{found[2]} {found[3]} has no key {found[1]}" if found else None


def scheduling_fact(message: str) -> str:
    """What the scheduler's nodes lack for a pod, without their number."""
    lacking = sorted(set(re.findall(r"Insufficient ([a-z](?:[a-z0-9./-]{0,98}[a-z0-9])?)", message)))
    found = [f"no node has enough {' and '.join(lacking[:4])}"] if lacking else []
    found += [phrase for pattern, phrase in _OBSTACLES if pattern.search(message)]
    return "; ".join(found[:4]) or "no node takes it"


def eviction_fact(message: str) -> str:
    """What a node was short of, or which limit the pod exceeded."""
    return _filled(_EVICTIONS, message) or "the node or an administrator took it away"


def volume_fact(message: str) -> str:
    """Which volume cannot be attached or mounted, and why."""
    missing = missing_object(message)
    named = re.search(rf"for volume \"({_NAME})\"|volumes=\[({_NAME})\]", message)
    what = f"volume {named[1] or named[2]}" if named else "a volume"
    return f"{what}: {missing or _filled(_VOLUME, message) or 'it cannot be attached or mounted'}"


def quota_fact(message: str) -> str | None:
    """Which ResourceQuota leaves no room, and for what, or None where the text tells of none."""
    found = re.search(rf"exceeded quota: ({_NAME}), requested: ({_AMOUNTS}(?:,{_AMOUNTS})*)", message)
    if found:
        limited = re.search(rf"limited: ({_AMOUNTS}(?:,{_AMOUNTS})*)", message)
        return f"ResourceQuota {found[1]}: {found[2]} asked" + (f", {limited[1]} allowed" if limited else "")
    found = re.search(rf"failed quota: ({_NAME}): must specify ([a-z0-9.,/-]{{1,200}})", message)
    return f"ResourceQuota {found[1]} asks for {found[2]}" if found else None


def policy_fact(message: str) -> str | None:
    """Which policy, webhook or range refused an object, or which of its fields are wrong, or None."""
    return _filled(_REFUSALS, message) or fields_fact(message)


_PATH = r"(?:spec|metadata|status)(?:\.[A-Za-z][A-Za-z0-9]{0,62}|\[[0-9]{1,4}\]|\[[A-Za-z0-9_./-]{1,63}\])+"
_MISTAKES = (
    "Invalid value|Required value|Unsupported value|Forbidden|Too long|Too many|Duplicate value|Not found|"
    "Internal error|May not be empty"
)
_VALUE = r"\"(?:[^\"\\]|\\.)*\"|-?[0-9][0-9.]*"
_FIELD = re.compile(rf"({_PATH}): ({_MISTAKES})(?:: (?:{_VALUE}))?(?:: (must [A-Za-z0-9 ,()/.-]{{1,100}}))?")


def fields_fact(message: str) -> str | None:
    """Which fields the API server refuses and how, without their values; None where it names none."""
    found = dict.fromkeys(_FIELD.findall(message))
    return (
        "; ".join(f"{path}: {mistake}" + (f", {rule}" if rule else "") for path, mistake, rule in [*found][:4]) or None
    )


def _filled(phrases: Phrases, text: str) -> str | None:
    """The phrase of the first pattern that fits, with what its groups found."""
    for pattern, phrase in phrases:
        if (found := pattern.search(text)) is not None:
            return phrase.format(*found.groups())
    return None


def _first(phrases: Phrases, text: str, otherwise: str) -> str:
    return next((phrase for pattern, phrase in phrases if pattern.search(text)), otherwise)
