"""Asking whether a server serves."""

import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path


def answers(url: str, context: ssl.SSLContext | None = None) -> bool:
    """True when something answers HTTP there with anything but a server's error."""
    try:
        with urllib.request.urlopen(url, timeout=5, context=context):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def accepts(target: Path | tuple[str, int]) -> bool:
    """True when a connection to a Unix socket, or to a port of an address, is accepted."""
    family, address = (socket.AF_UNIX, str(target)) if isinstance(target, Path) else (socket.AF_INET, target)
    with socket.socket(family) as probe:
        probe.settimeout(5)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True


def resolves(server: str, name: str) -> bool:
    """Ask a DNS server for the address of a name: one question in a datagram, one answer or more expected."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(2)
        try:
            probe.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0" + question, (server, 53))
            answer = probe.recv(512)
        except OSError:
            return False
    return answer[3] & 0x0F == 0 and int.from_bytes(answer[6:8], "big") > 0
