"""Host keys fetched and shown, for a person to compare with the device's own screen."""

from __future__ import annotations

import time

import paramiko

from controller.domain.path import Path
from controller.drivers.ssh import NEVER, HostKey, transport
from controller.drivers.waypoints import WayFailed, Waypoints
from controller.engine.ports import OpenCause, OpenFailed


def fetch_host_key(path: Path, deadline: float, waypoints: Waypoints | None = None) -> str:
    """The key presented at ``path`` as ``ssh-ed25519 AAAA…``. Only the SSH handshake is made; no user name
    and no secret is sent, save to a jump host on the way, whose key is pinned. Old algorithms are accepted:
    whether the key is right is for a person to say.

    Raises OpenFailed, with the address for device name."""
    where = str(path)
    try:
        sock = (waypoints or Waypoints(None)).reach(path, deadline)
    except WayFailed as error:
        raise OpenFailed(path.address, OpenCause.WAY_FAILED, f"{where}: {error}") from None
    except TimeoutError:
        raise OpenFailed(path.address, OpenCause.TIMEOUT, where) from None
    except OSError as error:
        raise OpenFailed(path.address, OpenCause.UNREACHABLE, f"{where} {error.strerror or error}") from None
    handshake = transport(sock)
    try:
        handshake.start_client(timeout=NEVER)
        return str(HostKey.of(handshake.get_remote_server_key()))
    except paramiko.ssh_exception.IncompatiblePeer as error:
        raise OpenFailed(path.address, OpenCause.ALGORITHMS, f"{where} {error}") from None
    except (paramiko.SSHException, EOFError, OSError):
        late = sock.timed_out or time.monotonic() >= deadline
        if late:
            cause = OpenCause.TIMEOUT
        else:
            cause = OpenCause.UNREACHABLE if handshake.remote_version else OpenCause.NO_LINE
        raise OpenFailed(path.address, cause, where) from None
    finally:
        sock.end()
        handshake.close()


def fingerprint(host_key: str) -> str:
    """``SHA256:…`` as ``ssh-keygen -l`` prints it. Raises ValueError when ``host_key`` is none."""
    return HostKey.parse(host_key).fingerprint
