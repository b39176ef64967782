"""The log goes on to a receiver: all of it, in order, whatever happens to the receiver in between."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.cli.forwarding import cut_around
from controller.cli.main import main
from controller.domain.errors import InvalidRequest
from controller.domain.facts import Actor, Fact, Noted, OutcomeRecorded, RunOpened, Text
from controller.domain.inventory import Bilingual, Segment
from controller.domain.logbook import LogDetails, logbook_facts
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.drivers.clock import SystemClock
from controller.engine.holding.situation import SubjectSituation, SubjectState
from controller.notify.receiver import Cause, Receiver, Undelivered, receiver_from
from controller.notify.syslog import LARGEST, SEVERITIES, Told, frame
from controller.store.home import Home
from controller.text import Catalogue
from controller.workers.forwarding import Forwarder, Forwarding
from tests.fakes.homes import new_home
from tests.fakes.siem import Identity, Manners, Siem, frames, message, siem

ALICE = Actor("os:1000", Text("Alice Arnaud"))
RUN = "20260301-030000-beef"


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity(tmp_path_factory.mktemp("siem"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


def write(home: Home, times: int, text: str = "x") -> int:
    """How many entries the log then has."""
    with home.lead() as lead:
        for number in range(times):
            lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log", (), Text(f"{text} {number}"))], ALICE)
    return home.head()[0]


def forwarding(home: Home, to: Siem, *, without_names: bool = False, **trust: Any) -> Forwarding:
    given = trust or {"authorities": to.identity.authorities}
    receiver = receiver_from(to.address, **given)
    return Forwarding(
        home, receiver, SystemClock(), Catalogue("en"), without_names=without_names, patience=5.0
    )


def drain(sender: Forwarding) -> None:
    while sender.send(20):
        pass


def refused(sender: Forwarding) -> Undelivered:
    with pytest.raises(Undelivered) as raised:
        sender.send()
    return raised.value


# --- in order, once at least ------------------------------------------------------------------------


def test_everything_arrives_once_and_in_order_and_later_only_what_is_new(
    home: Home, identity: Identity
) -> None:
    entries = write(home, 25)
    with siem(identity) as receiver:
        drain(forwarding(home, receiver))
        assert receiver.seqs == list(range(1, entries + 1))
        entries = write(home, 3)
        drain(forwarding(home, receiver))
    assert receiver.seqs == list(range(1, entries + 1))
    leaves = [record.entry.leaf.hex() for record in home.entries()]
    assert [each.elements["cordon@32473"]["hash"] for each in receiver.received] == leaves


def test_a_receiver_that_is_down_gets_all_of_it_when_it_is_back(home: Home, identity: Identity) -> None:
    entries = write(home, 10)
    with siem(identity, up=False) as receiver:
        sender = forwarding(home, receiver)
        assert refused(sender).cause is Cause.UNREACHABLE
        known = home.forwarded().of(receiver.address)
        assert (known.seq, known.trouble) == (0, "unreachable")
        entries = write(home, 10)
        receiver.up()
        drain(sender)
    assert receiver.seqs == list(range(1, entries + 1))
    assert home.forwarded().of(receiver.address).trouble == ""


@pytest.mark.parametrize("after", [1, 300, 4000])
def test_broken_off_in_the_middle_nothing_is_lost_and_what_comes_twice_can_be_told(
    home: Home, identity: Identity, after: int
) -> None:
    entries = write(home, 15)
    with siem(identity, Manners(break_after=after)) as receiver:
        sender = forwarding(home, receiver)
        assert refused(sender).cause is Cause.BROKEN
        assert home.forwarded().of(receiver.address).seq == 0
        before = len(receiver.received)
        assert before < entries
        drain(sender)
    assert receiver.seqs[before:] == list(range(1, entries + 1))
    told = {(each.seq, each.elements["cordon@32473"]["hash"]) for each in receiver.received}
    assert len(told) == entries


def test_a_slow_reader_gets_everything(home: Home, identity: Identity) -> None:
    entries = write(home, 20)
    with siem(identity, Manners(sip=50)) as receiver:
        drain(forwarding(home, receiver))
    assert receiver.seqs == list(range(1, entries + 1))


def test_one_that_takes_connections_and_reads_nothing_counts_as_silent(
    home: Home, identity: Identity
) -> None:
    write(home, 1)
    with siem(identity, Manners(hang=True)) as receiver:
        trust = Receiver("127.0.0.1", receiver.port, identity.authorities)
        sender = Forwarding(home, trust, SystemClock(), Catalogue("en"), patience=0.2)
        assert refused(sender).cause is Cause.SILENT


def test_two_never_send_at_the_same_time(home: Home, identity: Identity) -> None:
    write(home, 1)
    with siem(identity) as receiver:
        with home.forwarded().sending() as mine:
            assert mine
            with pytest.raises(InvalidRequest, match="forward-busy"):
                forwarding(home, receiver).send()
        assert forwarding(home, receiver).send() > 0


def test_from_an_entry_on_it_is_sent_once_more(home: Home, identity: Identity) -> None:
    entries = write(home, 5)
    with siem(identity) as receiver:
        sender = forwarding(home, receiver)
        drain(sender)
        sender.again_from(4)
        drain(sender)
        assert receiver.seqs == [*range(1, entries + 1), *range(4, entries + 1)]
        with pytest.raises(InvalidRequest, match="no-such-entry"):
            sender.again_from(entries + 2)


def test_another_log_than_the_one_it_has_is_not_sent(home: Home, identity: Identity, tmp_path: Path) -> None:
    write(home, 5)
    with siem(identity) as receiver:
        drain(forwarding(home, receiver))
        other = new_home(tmp_path / "other")
        write(other, 8)
        (other.path / "forwarded.json").write_bytes((home.path / "forwarded.json").read_bytes())
        before = len(receiver.received)
        assert refused(forwarding(other, receiver)).cause is Cause.OTHER_LOG
        assert len(receiver.received) == before
        forwarding(other, receiver).again_from(1)
        drain(forwarding(other, receiver))
        assert receiver.seqs[before:] == list(range(1, other.head()[0] + 1))


def test_without_its_place_it_begins_anew(home: Home, identity: Identity) -> None:
    entries = write(home, 2)
    with siem(identity) as receiver:
        drain(forwarding(home, receiver))
        (home.path / "forwarded.json").write_text("{")
        drain(forwarding(home, receiver))
    assert receiver.seqs == 2 * list(range(1, entries + 1))


# --- to whom ----------------------------------------------------------------------------------------


def test_nothing_is_said_to_who_is_not_the_receiver(home: Home, identity: Identity, tmp_path: Path) -> None:
    write(home, 1)
    stranger = Identity(tmp_path / "stranger", "stranger")
    named = Identity(tmp_path / "named", "named", name="siem.example")
    for shown, trust in (
        (stranger, {"authorities": identity.authorities}),
        (stranger, {"pin": identity.pin}),
        (stranger, {"pin": identity.pin, "authorities": stranger.authorities}),
        (named, {"authorities": named.authorities}),
        (identity, {"authorities": identity.authorities, "name": "siem.example"}),
    ):
        with siem(shown) as receiver:
            assert refused(forwarding(home, receiver, **trust)).cause is Cause.CERTIFICATE
            assert receiver.received == []


def test_a_name_or_a_pin_will_do(home: Home, identity: Identity, tmp_path: Path) -> None:
    entries = write(home, 1)
    named = Identity(tmp_path / "named", "named", name="siem.example")
    with siem(named) as receiver:
        drain(forwarding(home, receiver, authorities=named.authorities, name="siem.example"))
        assert len(receiver.received) == entries
    with siem(identity) as receiver:
        colons = ":".join(identity.pin[at : at + 2].upper() for at in range(0, 64, 2))
        drain(forwarding(home, receiver, pin=colons))
        assert len(receiver.received) == entries


def test_no_older_tls_than_1_2(home: Home, identity: Identity) -> None:
    write(home, 1)
    with siem(identity, Manners(newest=ssl.TLSVersion.TLSv1_2)) as receiver:
        drain(forwarding(home, receiver))
        assert receiver.received
    with siem(identity, Manners(newest=ssl.TLSVersion.TLSv1_1)) as receiver:
        assert refused(forwarding(home, receiver)).cause is Cause.TLS
        assert not receiver.received


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_receiver_may_ask_who_sends(
    home: Home, identity: Identity, tmp_path: Path, newest: ssl.TLSVersion
) -> None:
    entries = write(home, 1)
    sender = Identity(tmp_path / "sender", "cordon")
    with siem(identity, Manners(clients=sender.authorities, newest=newest)) as receiver:
        for _ in range(5):  # the refusal meets the sender at another step each time
            assert refused(forwarding(home, receiver)).cause in (Cause.BROKEN, Cause.TLS)
        assert receiver.received == []
        own: dict[str, Any] = {"certificate": sender.certificate, "key": sender.key}
        drain(forwarding(home, receiver, authorities=identity.authorities, **own))
        assert len(receiver.received) == entries


def test_files_that_are_not_there_are_told(home: Home, identity: Identity, tmp_path: Path) -> None:
    write(home, 1)
    with siem(identity) as receiver:
        assert refused(forwarding(home, receiver, authorities=tmp_path / "none")).cause is Cause.FILES


@pytest.mark.parametrize(
    ("where", "trust", "reason"),
    [
        ("siem.example:6514", {"pin": "0" * 64}, "forward-address"),
        ("10.0.0.9:0", {"pin": "0" * 64}, "forward-address"),
        ("10.0.0.9:65536", {"pin": "0" * 64}, "forward-address"),
        ("2001:db8::9", {"pin": "0" * 64}, "forward-address"),
        ("10.0.0.9", {}, "forward-untrusted"),
        ("10.0.0.9", {"pin": "00:11"}, "forward-pin"),
        ("10.0.0.9", {"pin": "0" * 64, "key": Path("k")}, "forward-half"),
    ],
)
def test_settings_that_make_no_sense_are_refused(where: str, trust: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        receiver_from(where, **trust)


def test_a_receiver_without_a_port_listens_where_syslog_over_tls_does() -> None:
    assert str(receiver_from("10.0.0.9", pin="0" * 64)) == "10.0.0.9:6514"
    assert str(receiver_from("[2001:db8::9]:7000", pin="0" * 64)) == "[2001:db8::9]:7000"


# --- what ------------------------------------------------------------------------------------------


def speaking(home: Home) -> None:
    """A log in which names, free text and a device's answers are."""
    opened = RunOpened(
        RUN, Action.ISOLATE, "p" * 64, "level-5", 5, "i", "q", Text("chiffrés, said Mme Caron")
    )
    answer = OutcomeRecorded(RUN, "acc-1", 1, Outcome.ACCEPTED, "", Text("Vlan110 is down"))
    facts: list[tuple[Tag, list[Fact]]] = [
        (Tag.RUN_OPENED, [opened]),
        (Tag.OPERATION_SETTLED, [answer]),
        (Tag.LOG_WRITTEN, [*logbook_facts("a\r\nb \x1b[31m", LogDetails(by="Dr Bernard", handed_to="Zoé"))]),
        (Tag.POINT_REOPENED, [Noted('odd "] = name', (('odd "] = name', 'quoted "]\\'),))]),
    ]
    with home.lead() as lead:
        for tag, each in facts:
            lead.journal.commit(tag, each, ALICE)


def test_a_message_says_what_happened_who_did_it_and_which_entry_it_is(
    home: Home, identity: Identity
) -> None:
    speaking(home)
    with siem(identity) as receiver:
        drain(forwarding(home, receiver))
    records = {record.tag: record for record in home.entries()}
    told = {each.msgid: each for each in receiver.received}
    cut, record = told["engine:run:opened"], records["engine:run:opened"]
    assert (cut.facility, cut.severity, cut.app, cut.proc) == (13, 5, "cordon", str(record.epoch))
    assert cut.at == record.at
    assert cut.elements["cordon@32473"] == {
        "seq": str(record.entry.seq),
        "epoch": str(record.epoch),
        "tag": "engine:run:opened",
        "actor": "os:1000",
        "name": "Alice Arnaud",
        "run": RUN,
        "hash": record.entry.leaf.hex(),
    }
    assert cut.elements["data@32473"]["level"] == "5"
    assert cut.text.endswith(": chiffrés, said Mme Caron")
    assert told["watch:point:reopened"].severity == 1
    assert (
        told["watch:point:reopened"].elements["data@32473"]["odd____=_name".replace("=", "_")]
        == 'quoted "]\\'
    )
    assert told["person:log:written"].severity == 6
    assert told["person:log:written"].text.endswith(": a  b  [31m")
    assert not any("Vlan110" in str(each) for each in receiver.received)


def test_without_names_there_is_none_and_nothing_that_people_wrote(home: Home, identity: Identity) -> None:
    speaking(home)
    with siem(identity) as receiver:
        drain(forwarding(home, receiver, without_names=True))
    said = str(receiver.received)
    assert not any(
        word in said for word in ("Alice", "Arnaud", "Caron", "Bernard", "Zoé", "chiffr", "Vlan110")
    )
    assert [each.elements["cordon@32473"]["actor"] for each in receiver.received].count("os:1000") == 4
    assert len(receiver.received) == home.head()[0]


def test_every_message_is_whole_utf_8_and_no_longer_than_receivers_take() -> None:
    for length in range(LARGEST - 700, LARGEST + 100, 7):
        told = Told(
            *(7, 2, datetime(2026, 3, 1, tzinfo=UTC), "person:log:written", "user:1", "é" * 300, None, False),
            *(b"\x01" * 32, "Written", {"key": "é" * 10_000, **{str(n): "z" * 190 for n in range(90)}}),
            "é" * length,
        )
        (content,), left = frames(frame(told, "a host with spaces"))
        assert not left
        assert message(content).octets <= LARGEST
        assert message(content).text.endswith(("é…", "é"))


def test_every_tag_fits_a_message_and_those_of_a_severity_exist() -> None:
    assert all(len(tag) <= 32 for tag in Tag)
    assert SEVERITIES.keys() <= {tag.value for tag in Tag}


# --- in the service ---------------------------------------------------------------------------------


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.workers.forwarding.LOOK_EVERY", 0.02)


def until(wanted: list[int], receiver: Siem) -> Iterator[None]:
    end = time.monotonic() + 30
    while receiver.seqs != wanted and time.monotonic() < end:
        time.sleep(0.02)
        yield


def test_it_follows_the_log_by_itself_and_outlasts_an_absence(
    home: Home, identity: Identity, hurried: None
) -> None:
    with siem(identity, up=False) as receiver, home.lead() as lead:
        with Forwarder(forwarding(home, receiver), lambda: False).at_work():
            end = time.monotonic() + 30
            while not home.forwarded().of(receiver.address).trouble and time.monotonic() < end:
                time.sleep(0.02)
            assert home.forwarded().of(receiver.address).trouble == "unreachable"
            for number in range(3):
                lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log", (), Text(str(number)))], ALICE)
            receiver.up()
            wanted = list(range(1, home.head()[0] + 1))
            for _ in until(wanted, receiver):
                pass
        assert receiver.seqs == wanted


def test_a_receiver_that_hangs_holds_up_no_commit(home: Home, identity: Identity, hurried: None) -> None:
    """What waits for it holds no lock that a commit needs, and ends with the service."""
    with siem(identity, Manners(hang=True)) as receiver, home.lead() as lead:
        begun = threading.active_count()
        trust = Receiver("127.0.0.1", receiver.port, identity.authorities)
        sender = Forwarding(home, trust, SystemClock(), Catalogue("en"), patience=0.5)
        with Forwarder(sender, lambda: True).at_work():
            end = time.monotonic() + 30
            while not receiver.connections and time.monotonic() < end:
                time.sleep(0.02)
            for _ in range(20):
                assert lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log")], ALICE).seq
            assert home.forwarded().of(receiver.address).seq == 0
        assert threading.active_count() >= begun


# --- told -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_command_says_how_far_it_is_and_why_no_further(
    home: Home,
    identity: Identity,
    lang: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    entries = write(home, 3)
    words = Catalogue(lang)
    given = ["--home", str(home.path), "--lang", lang, "audit", "forward"]
    assert main(given) == 2
    assert words.text("error.forward-nowhere") in capsys.readouterr().err
    with siem(identity, up=False) as receiver:
        monkeypatch.setenv("CORDON_FORWARD", receiver.address)
        assert main(given) == 2
        assert words.text("error.forward-untrusted", address=receiver.address) in capsys.readouterr().err
        monkeypatch.setenv("CORDON_FORWARD_CA", str(identity.authorities))
        assert main(given) == 6
        said = capsys.readouterr().out
        assert words.text("forward.state", receiver=receiver.address, sent=0, entries=entries) in said
        assert words.text("forward.unreachable", detail="Connection refused") in said
        receiver.up()
        assert main([*given, "--dry-run"]) == 0
        assert receiver.received == []
        assert main(given) == 0
        assert words.text("forward.sent", count=entries) in capsys.readouterr().out
        assert main([*given, "--from", str(entries)]) == 0
    assert receiver.seqs == [*range(1, entries + 1), entries]


def test_a_receiver_that_is_in_what_is_cut_is_told_as_such() -> None:
    subject = Segment("servers", Bilingual("Serveurs", "Servers"), 1, prefixes=("10.20.0.0/16", "fd00::/64"))
    held = SubjectSituation(subject, SubjectState.ISOLATED, Proof.CONFIRMED, {}, 3, None, None, 1, ())
    assert cut_around("10.20.0.9:6514", [held]) == "servers"
    assert cut_around("[fd00::9]:6514", [held]) == "servers"
    assert cut_around("10.21.0.9:6514", [held]) == ""
    assert cut_around("10.20.0.9:6514", [replace(held, held=0)]) == ""
