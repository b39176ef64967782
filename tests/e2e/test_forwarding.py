"""The log of a service arrives at a receiver that nobody here wrote (rsyslogd, over TLS): all of it, in
order, though the receiver is away for a while and the service is killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.service import served
from tests.fakes.siem import Identity

pytestmark = pytest.mark.e2e

INVENTORY = Path(__file__).parents[2] / "examples" / "ch-exemple" / "inventory.yaml"

CONFIGURATION = """
global(
  workDirectory="{folder}"
  DefaultNetstreamDriver="gtls"
  DefaultNetstreamDriverCAFile="{sender_ca}"
  DefaultNetstreamDriverCertFile="{certificate}"
  DefaultNetstreamDriverKeyFile="{key}"
)
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid")
input(type="imtcp" port="{port}" address="127.0.0.1")
template(name="whole" type="string" string="%pri%|%app-name%|%msgid%|%structured-data%|%msg%\\n")
action(type="omfile" file="{received}" template="whole")
"""


class Rsyslog:
    """One rsyslogd after the other, on one port; what they received is in one file."""

    def __init__(self, folder: Path, port: int, own: Identity, senders: Identity) -> None:
        folder.mkdir()
        self.address = f"127.0.0.1:{port}"
        self.received = folder / "received"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "rsyslog.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                port=port,
                received=self.received,
                certificate=own.certificate,
                key=own.key,
                sender_ca=senders.authorities,
            )
        )

    def start(self) -> None:
        with (self._folder / "said").open("ab") as said:
            self._process = subprocess.Popen(
                ["rsyslogd", "-n", "-f", self._folder / "rsyslog.conf", "-i", self._folder / "pid"],
                stdout=said,
                stderr=said,
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(20)
            self._process = None

    @property
    def said(self) -> str:
        return (self._folder / "said").read_text()

    @property
    def lines(self) -> list[str]:
        return self.received.read_text().splitlines() if self.received.exists() else []

    @property
    def seqs(self) -> list[int]:
        return [int(found[1]) for line in self.lines if (found := re.search(r' seq="(\d+)"', line))]


@contextmanager
def rsyslog(folder: Path, own: Identity, senders: Identity) -> Iterator[Rsyslog]:
    if not shutil.which("rsyslogd"):
        if os.environ.get("CI"):
            pytest.fail("rsyslogd (rsyslog, rsyslog-gnutls) is needed")
        pytest.skip("needs rsyslogd (Debian packages rsyslog, rsyslog-gnutls)")
    # Below what the system gives to others.
    found = Rsyslog(folder, 20_000 + os.getpid() % 10_000, own, senders)
    try:
        yield found
    finally:
        found.stop(signal.SIGKILL)


def until(wanted: int, receiver: Rsyslog, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while (not receiver.seqs or max(receiver.seqs) < wanted) and time.monotonic() < end:
        time.sleep(0.05)
    assert max(receiver.seqs, default=0) >= wanted, (receiver.seqs, receiver.said)


def test_rsyslog_gets_all_of_it_in_order_whoever_dies_in_between(tmp_path: Path) -> None:
    own, sender = Identity(tmp_path / "siem"), Identity(tmp_path / "sender", "cordon")
    with rsyslog(tmp_path / "rsyslog", own, sender) as receiver:
        environ = {
            "CORDON_FORWARD": receiver.address,
            "CORDON_FORWARD_CA": str(own.authorities),
            "CORDON_FORWARD_CERTIFICATE": str(sender.certificate),
            "CORDON_FORWARD_KEY": str(sender.key),
        }
        receiver.start()
        with served(tmp_path, INVENTORY, environ) as service:
            _, done = service.cordon("log", "the screens are black")
            until(done["seq"], receiver)

            receiver.stop(signal.SIGKILL)
            service.cordon("log", "nobody hears this")
            service.kill()
            service.start()
            _, waiting = service.cordon("status")
            (state,) = waiting["forwarding"]
            assert state["receiver"] == receiver.address
            assert state["behind"] > 0

            receiver.start()
            _, done = service.cordon("log", "it is back: « à bientôt »")
            until(done["seq"], receiver)
            with service.client() as anyone:
                assert anyone.get("/health").json()["forwarding"] == "sending"
            assert service.terminate() == 0
            service.cordon("log", "written while no service ran")
            code, drained = service.cordon("audit", "forward")
            assert (code, drained["receivers"][0]["behind"]) == (0, 0)
            _, log = service.cordon("audit", "show")
        everything = [entry["seq"] for entry in log["entries"]]
        until(everything[-1], receiver)
    assert list(dict.fromkeys(receiver.seqs)) == everything
    assert sorted(set(receiver.lines), key=receiver.lines.index) == list(dict.fromkeys(receiver.lines))
    (said,) = {line for line in receiver.lines if "à bientôt" in line}
    priority, name, tag, structured, text = said.split("|")
    assert (priority, name, tag) == (str(13 * 8 + 6), "cordon", "person:log:written")
    assert structured.startswith("[cordon@32473 seq=")
    assert text.endswith("it is back: « à bientôt »")
