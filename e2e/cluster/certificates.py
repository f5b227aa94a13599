"""A small certificate authority, by openssl, that lives as long as the cluster."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

DAYS = "30"


@dataclass(frozen=True)
class Certificate:
    """Paths of a certificate and its key, PEM."""

    certificate: Path
    key: Path


def _openssl(*args: str) -> None:
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60)


def _key(path: Path) -> None:
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(path))


def authority(folder: Path) -> Certificate:
    """Make the authority, or take the one that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificate(folder / "ca.crt", folder / "ca.key")
    if not made.certificate.exists():
        _key(made.key)
        subject = ["-subj", "/CN=leeboard-test", "-days", DAYS]
        _openssl("req", "-x509", "-new", "-key", str(made.key), *subject, "-out", str(made.certificate))
    return made


def signed(
    folder: Path, ca: Certificate, name: str, *, common_name: str, organization: str = "", names: tuple[str, ...] = ()
) -> Certificate:
    """A certificate for clients and servers; ``names`` are subject alternatives such as ``DNS:x`` and ``IP:y``."""
    made = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
    if made.certificate.exists():
        return made
    _key(made.key)
    subject = (f"/O={organization}" if organization else "") + f"/CN={common_name}"
    request = folder / f"{name}.csr"
    _openssl("req", "-new", "-key", str(made.key), "-subj", subject, "-out", str(request))
    extensions = folder / f"{name}.ext"
    lines = ["extendedKeyUsage=clientAuth,serverAuth"]
    if names:
        lines.append("subjectAltName=" + ",".join(names))
    extensions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    signing = ["-CA", str(ca.certificate), "-CAkey", str(ca.key), "-CAcreateserial", "-days", DAYS]
    _openssl(
        *("x509", "-req", "-in", str(request), *signing),
        *("-extfile", str(extensions), "-out", str(made.certificate)),
    )
    return made


def service_account_keys(folder: Path) -> tuple[Path, Path]:
    """The key pair that signs ServiceAccount tokens: (private, public)."""
    private, public = folder / "sa.key", folder / "sa.pub"
    if not public.exists():
        _openssl("genrsa", "-out", str(private), "2048")
        _openssl("rsa", "-in", str(private), "-pubout", "-out", str(public))
    return private, public
