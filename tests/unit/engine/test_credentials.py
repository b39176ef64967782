"""One attempt per credential and device; a credential three devices reject is offered to no other."""

from __future__ import annotations

import pathlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.catalog.profiles import load_profiles
from controller.domain.facts import Noted, OutcomeRecorded
from controller.domain.inventory import Device, DeviceRole, Inventory
from controller.domain.path import Credential, Path
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome, Proof
from controller.drivers.clock import SystemClock
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.engine.controller import Controller
from controller.engine.events import CredentialDropped, RunEnded
from controller.engine.execution.credentials import MOST_REJECTS, CredentialRecord
from controller.engine.execution.running import Limits, Services
from controller.engine.execution.sessions import Sessions
from controller.engine.planning.plans import Documents
from controller.engine.ports import Block, Login, OpenCause, OpenFailed, Session
from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec
from tests.fakes import site as made
from tests.fakes.board import Board, BoardDriver, BoardSession, Fault, Port, Strike

MAIN, SPARE = "main", "spare"


@dataclass
class Doorman:
    """Stands before a board driver and lets in by credential, as a device would: ``wrong`` are the pairs of
    device and credential that are rejected. ``offers`` are all that were offered, in order."""

    inner: BoardDriver
    wrong: frozenset[tuple[str, str]]
    offers: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> BoardSession:
        causes = [OpenCause.CREDENTIAL_DROPPED]
        for login in logins:
            assert login.trial is not None
            if not login.trial.may_begin():
                continue
            with self.lock:
                self.offers.append((device.name, login.credential))
            good = (device.name, login.credential) not in self.wrong
            login.trial.ended(accepted=good)
            if good:
                return self.inner.open(device, profile, logins, deadline)
            causes.append(OpenCause.LOGIN_REJECTED)
        raise OpenFailed(device.name, causes[-1])

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        return self.inner.fire(volley)

    @property
    def rejects(self) -> Counter[str]:
        return Counter(credential for device, credential in self.offers if (device, credential) in self.wrong)


class Ward(made.Site):
    """``count`` devices, one port each, behind a doorman; ``chain`` is everybody's credentials in order."""

    def __init__(
        self, count: int, wrong: set[tuple[int, str]], chain: Sequence[str], threads: int = 1
    ) -> None:
        names = [f"d{number:02}" for number in range(count)]
        devices = [made.device(name, credentials=chain[0]) for name in names]
        inventory = made.inventory(devices, [made.segment("ward", [made.port(name, "p1") for name in names])])
        credentials = {
            name: Credential(name, f"user-{name}", fallback=after)
            for name, after in zip(chain, [*chain[1:], None], strict=True)
        }
        inventory = replace(inventory, credentials=credentials, digest="")
        inventory = replace(inventory, digest=made.sha(made.source(inventory)))
        boards = [Board(name, {"p1": Port()}) for name in names]
        self.wrong = frozenset((f"d{number:02}", credential) for number, credential in wrong)
        super().__init__(made.documents(inventory), boards, Limits(threads=threads))

    def _lead(self, documents: Documents) -> Controller:
        self.doorman = Doorman(self.driver, self.wrong)
        services = Services(self.clock, self.doorman, made.Keys(), self.prober, self.journal, self.limits)
        return Controller(documents, made.PlainReader(documents.profiles), services, self.history)


def causes(ended: RunEnded) -> list[str]:
    return [result.cause for result in ended.results]


def test_after_three_rejects_the_fallback_is_used_at_once() -> None:
    ward = Ward(9, {(number, MAIN) for number in range(9)}, (MAIN, SPARE))
    ended = ward.cut("ward")
    assert all(result.proof is Proof.CONFIRMED for result in ended.results)
    assert ward.doorman.rejects == {MAIN: MOST_REJECTS}
    assert [credential for _, credential in ward.doorman.offers[6:]] == [SPARE] * 6
    dropped = [event for event in ward.events if isinstance(event, CredentialDropped)]
    assert [(each.credential, sorted(each.devices)) for each in dropped] == [(MAIN, ["d00", "d01", "d02"])]
    notes = [fact for fact in ward.facts(Noted) if ("credential", MAIN) in getattr(fact, "data", ())]
    assert len(notes) == 1


def test_without_a_fallback_the_others_say_why_nothing_was_offered() -> None:
    ward = Ward(5, {(number, MAIN) for number in range(5)}, (MAIN,))
    ended = ward.cut("ward")
    assert causes(ended) == ["open.login-rejected"] * 3 + ["open.credential-dropped"] * 2
    assert len(ward.doorman.offers) == MOST_REJECTS
    told = [fact for fact in ward.facts(OutcomeRecorded) if isinstance(fact, OutcomeRecorded)]
    assert [fact.transcript for fact in told if fact.cause == "open.credential-dropped"] == [MAIN] * 2


def test_three_devices_with_an_old_password_do_not_save_the_rest_from_the_cut() -> None:
    """A credential some device accepted is the last resort of those that have no other."""
    ward = Ward(9, {(number, MAIN) for number in (1, 2, 3)}, (MAIN,))
    ended = ward.cut("ward")
    assert [cause for cause in causes(ended) if cause] == ["open.login-rejected"] * 3
    assert len(ward.doorman.offers) == 9


def test_what_a_device_rejected_is_never_offered_to_it_again_in_the_run() -> None:
    ward = Ward(1, {(0, MAIN)}, (MAIN, SPARE))
    ward.board("d00").strikes.append(Strike(Fault.DROP, "port", times=1))
    ended = ward.cut("ward")
    assert ended.results[0].proof is Proof.CONFIRMED
    assert ward.doorman.offers == [("d00", MAIN), ("d00", SPARE), ("d00", SPARE)]


def test_the_next_run_begins_anew() -> None:
    ward = Ward(4, {(number, MAIN) for number in range(4)}, (MAIN,))
    ward.cut("ward")
    ward.cut("ward")
    assert ward.doorman.rejects == {MAIN: 2 * MOST_REJECTS}


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 12),
    threads=st.integers(1, 4),
    wrong=st.sets(st.tuples(st.integers(0, 11), st.sampled_from([MAIN, SPARE]))),
    alone=st.booleans(),
)
def test_never_more_rejects_than_three_and_those_in_flight(
    count: int, threads: int, wrong: set[tuple[int, str]], alone: bool
) -> None:
    chain = (MAIN,) if alone else (MAIN, SPARE)
    ward = Ward(count, wrong, chain, threads)
    ended = ward.cut("ward")
    offered = Counter(ward.doorman.offers)
    assert all(times == 1 for (pair, times) in offered.items() if pair in ward.wrong)
    accepted = {credential for device, credential in offered if (device, credential) not in ward.wrong}
    for credential, rejects in list(ward.doorman.rejects.items()):
        after = chain[chain.index(credential) + 1 :]
        none_left = all(ward.doorman.rejects[each] >= MOST_REJECTS for each in after)
        last_resort = none_left and credential in accepted
        assert last_resort or rejects <= MOST_REJECTS + threads - 1
    cut = {result.step.point.id.device for result in ended.results if result.proof is Proof.CONFIRMED}
    assert cut == {device for device, credential in offered if (device, credential) not in ward.wrong}


def test_a_record_tells_of_each_drop_once() -> None:
    record, told = CredentialRecord(), []
    record.when_dropped = lambda credential, devices: told.append((credential, devices))
    for device in "abcde":
        record.judged(device, MAIN, accepted=False)
        record.judged(device, MAIN, accepted=False)
    assert told == [(MAIN, ("a", "b", "c"))]


# --- over SSH, on the strict simulator ----------------------------------------------------------------

PROFILES = load_profiles([pathlib.Path(__file__).parents[3] / "device_profiles"])
NAMES = [f"acc-{number}" for number in range(1, 7)]
ENABLE = "sesame"
PASSWORDS = {MAIN: "of-yesterday", SPARE: "of-today"}


class FixedSecrets:
    def login(self, credential: Credential) -> Login:
        return Login(credential.username, PASSWORDS[credential.name], enable=ENABLE)


@pytest.fixture(scope="module")
def running() -> Iterator[Simulation]:
    accounts = {"central": Account("changed"), "local": Account(PASSWORDS[SPARE])}
    with simulate([DeviceSpec(name, users=accounts, enable=ENABLE) for name in NAMES]) as simulation:
        yield simulation


def sessions(running: Simulation, credentials: Mapping[str, Credential]) -> tuple[Sessions, list[Device]]:
    devices = [
        Device(
            name,
            "cisco_ios",
            DeviceRole.ACCESS,
            (Path(running[name].address, running[name].port),),
            MAIN,
            running[name].host_key,
        )
        for name in NAMES
    ]
    inventory: Inventory = replace(made.inventory(devices, []), credentials=credentials)
    return Sessions(inventory, PROFILES, NetmikoDriver(), FixedSecrets(), SystemClock(), 10), devices


def failed_logins(running: Simulation, since: int) -> list[str]:
    return [each["user"] for each in running.log(since) if each["event"] == "login-failed"]


def test_a_real_log_in_counts_rejects_and_goes_straight_to_the_fallback(running: Simulation) -> None:
    since = len(running.log())
    chain = {MAIN: Credential(MAIN, "central", fallback=SPARE), SPARE: Credential(SPARE, "local")}
    opened, devices = sessions(running, chain)
    for device in devices:
        assert opened.get(device).is_open
    opened.close()
    assert failed_logins(running, since) == ["central"] * MOST_REJECTS


def test_a_real_log_in_that_is_the_only_one_stops_at_the_third_reject(running: Simulation) -> None:
    since = len(running.log())
    opened, devices = sessions(running, {MAIN: Credential(MAIN, "central")})
    found = []
    # What probes log in with is apart, and knows what the others were told.
    for each, device in zip([opened, opened.apart()] * 3, devices, strict=True):
        with pytest.raises(OpenFailed) as caught:
            each.get(device)
        found.append(caught.value.cause)
    assert found == [OpenCause.LOGIN_REJECTED] * 3 + [OpenCause.CREDENTIAL_DROPPED] * 3
    assert failed_logins(running, since) == ["central"] * MOST_REJECTS
