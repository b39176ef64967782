"""``python -m controller.api.alive``: whether the service on this machine answers; for container runtimes.

Alive is all that is asked: whoever restarts what is "unhealthy" would otherwise end a cut because a disk is
full. Standard library only, so that asking costs nothing.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import urllib.error
import urllib.request

URL = "https://127.0.0.1:8443/api/v1/health"
_PATIENCE = 3.0


def alive(url: str) -> bool:
    """Nothing but the question is sent, and only the service's own word believed: no certificate needed."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unverified)
    )
    try:
        with opener.open(url, timeout=_PATIENCE) as answer:
            said = answer.read(4096)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(4096)
    except OSError:
        return False
    try:
        return bool(json.loads(said)["alive"])
    except (ValueError, KeyError, TypeError):
        return False


if __name__ == "__main__":
    sys.exit(0 if alive(os.environ.get("CORDON_HEALTH_URL", URL)) else 1)
