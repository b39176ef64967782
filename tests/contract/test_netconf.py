"""The NETCONF session below NAPALM's junos, against a server nobody here wrote."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ncclient import NCClientError
from ncclient.operations import RPCError

from controller.domain.path import Path
from controller.drivers.candidate import NotEntered
from controller.drivers.netconf import Netconf
from controller.drivers.ssh import HostKey
from controller.drivers.waypoints import Waypoints
from controller.engine.ports import Login
from tests.fakes import netconfd, sshd
from tests.fakes.netconfd import NAMESPACE, Netconfd

RIGHT = Login(sshd.USER, sshd.PASSWORD)
Enter = Callable[..., "Entered"]
NETCONF = "urn:ietf:params:xml:ns:netconf:base:1.0"

pytestmark = [pytest.mark.lab] if netconfd.missing() else []


class Entered:
    """A session, and the manager on it."""

    def __init__(self, server: Netconfd, login: Login, host_key: str) -> None:
        key = HostKey.parse(host_key or server.sshd.host_key())
        self.netconf = Netconf(Path("127.0.0.1", server.sshd.port), login, Waypoints(None), key, legacy=False)
        self.manager: Any = None

    def listed(self, where: str) -> set[str | None]:
        found = self.manager.get_config(where).data_ele
        return {name.text for name in found.iter(f"{{{NAMESPACE}}}name")}

    def edit(self, *names: str, leaf: str = "enabled") -> None:
        listed = "".join(f"<port><name>{name}</name><{leaf}>false</{leaf}></port>" for name in names)
        config = f'<config xmlns="{NETCONF}"><ports xmlns="{NAMESPACE}">{listed}</ports></config>'
        self.manager.edit_config(config, target="candidate")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Netconfd]:
    if reason := netconfd.missing():
        pytest.skip(f"a real netconfd {reason}")
    made = Netconfd(tmp_path_factory.mktemp("netconfd"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def enter(server: Netconfd) -> Iterator[Enter]:
    entered: list[Entered] = []

    def open_one(login: Login = RIGHT, host_key: str = "") -> Entered:
        entered.append(Entered(server, login, host_key))
        entered[-1].manager = entered[-1].netconf.enter(time.monotonic() + 20)
        return entered[-1]

    yield open_one
    for each in entered:
        each.netconf.end()


def until(true: Callable[[], bool], step: float = 0.05) -> None:
    give_up = time.monotonic() + 20
    while not true():
        assert time.monotonic() < give_up
        time.sleep(step)


def test_a_candidate_is_nothing_to_others_until_it_is_committed(enter: Enter) -> None:
    ours, other = enter(), enter()
    ours.manager.lock("candidate")
    ours.edit("p1")
    assert "p1" not in other.listed("running")
    ours.manager.commit()
    ours.manager.unlock("candidate")
    assert "p1" in other.listed("running")


def test_what_nobody_confirms_goes_back_by_itself(enter: Enter) -> None:
    ours = enter()
    ours.edit("p2")
    ours.manager.commit(confirmed=True, timeout="1")
    assert "p2" in ours.listed("running")
    # netconfd looks at its timers when a second went by without a request.
    until(lambda: "p2" not in ours.listed("running"), step=1.2)


def test_what_is_confirmed_stays_when_its_session_ends(enter: Enter) -> None:
    ours, other = enter(), enter()
    ours.edit("p3")
    ours.manager.commit(confirmed=True, timeout="600")
    ours.manager.commit()
    ours.netconf.end()
    assert "p3" in other.listed("running")


def test_what_is_refused_is_discarded(enter: Enter) -> None:
    ours = enter()
    ours.edit("p4")
    with pytest.raises(RPCError):
        ours.edit("p5", leaf="no-such-leaf")
    ours.manager.discard_changes()
    assert ours.listed("candidate") == ours.listed("running")


def test_a_lock_is_denied_while_somebody_has_it_and_goes_with_his_session(enter: Enter) -> None:
    ours, other = enter(), enter()
    other.manager.lock("candidate")
    other.edit("p6")
    with pytest.raises(RPCError) as refused:
        ours.manager.lock("candidate")
    assert refused.value.tag == "lock-denied"
    other.netconf.end()  # without a word, as a session does that ran out of time

    def free() -> bool:
        try:
            return bool(ours.manager.lock("candidate").ok)
        except RPCError:
            return False

    until(free)
    assert "p6" not in ours.listed("candidate")
    ours.manager.unlock("candidate")


def test_another_host_key_than_the_pinned_one_is_offered_no_login(server: Netconfd, enter: Enter) -> None:
    server.sshd.keygen(server.directory / "stranger", "ed25519")
    stranger = (server.directory / "stranger.pub").read_text()
    with pytest.raises(NotEntered, match="host key differs") as caught:
        enter(host_key=stranger)
    assert not caught.value.rejected


def test_a_login_that_is_rejected_counts_as_one(enter: Enter) -> None:
    with pytest.raises(NotEntered, match=f"log-in of {sshd.USER} rejected") as caught:
        enter(Login(sshd.USER, "not-the-password"))
    assert caught.value.rejected


def test_a_server_that_hangs_is_left_at_the_deadline(server: Netconfd, enter: Enter) -> None:
    ours = enter()
    server.sshd.freeze()
    try:
        begun = time.monotonic()
        ours.netconf.deadline = begun + 0.3
        with pytest.raises(NCClientError):
            ours.manager.get_config("running")
        assert time.monotonic() - begun < 5
    finally:
        server.sshd.thaw()
