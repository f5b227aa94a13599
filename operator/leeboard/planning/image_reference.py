"""Names of images, and what a node says it runs: `[registry/]repository[:tag][@sha256:…]`."""

_DEFAULT_REGISTRY, _DEFAULT_FOLDER = "docker.io", "library"
_DIGEST = "@sha256:"


def is_pinned(reference: str) -> bool:
    """Whether the reference names one image for ever."""
    return _DIGEST in reference


def pinned_as(asked: str, image_id: str) -> str | None:
    """The image that was asked for by a tag, by the digest under which a node runs it; None where that is not known.

    `image_id` is a container status's imageID. A node that has an image under several names reports any of them, and
    one into which the image was loaded by hand reports no repository at all: only the repository that was asked for is
    known to give this digest to every other node too.
    """
    observed, separator, digest = image_id.removeprefix("docker-pullable://").partition(_DIGEST)
    if is_pinned(asked) or not separator or _full(repository(observed)) != _full(repository(asked)):
        return None
    return f"{repository(asked)}{_DIGEST}{digest}"


def repository(reference: str) -> str:
    """The reference without tag and digest."""
    named = reference.partition("@")[0]
    folder, slash, last = named.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def _full(name: str) -> str:
    """With the registry, and on the default one the folder, that a short name leaves out."""
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        folder, name = first, rest
    else:
        folder = _DEFAULT_REGISTRY
    if folder == _DEFAULT_REGISTRY and "/" not in name:
        name = f"{_DEFAULT_FOLDER}/{name}"
    return f"{folder}/{name}"
