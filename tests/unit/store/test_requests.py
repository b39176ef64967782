"""Requests to the leader: by its socket while it answers, by the inbox when it does not."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.domain.errors import LeaderElsewhere, LeaderLost, NotFound
from controller.store.home import Home
from controller.store.requests import LeaderRefused
from tests.fakes.homes import new_home
from tests.unit.store.processes import leader

SERVE = """
    def handle(message):
        yield {{"pid": __import__("os").getpid(), "got": message}}
        if message.get("die"):
            __import__("os")._exit(1)
        yield {{"last": True}}
    lead.serve(handle)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


def echo(message: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield {"got": message}
    yield {"title": "Réanimation\n", "lines": [1, None, "x"]}


def test_the_answer_comes_line_by_line(home: Home) -> None:
    waiting, go_on = threading.Event(), threading.Event()

    def slowly(message: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield {"first": message["n"]}
        waiting.set()
        assert go_on.wait(10)
        yield {"second": message["n"]}

    with home.lead() as lead:
        lead.serve(slowly)
        answer = home.request({"n": 7})
        assert next(answer) == {"first": 7}
        assert waiting.wait(10)
        go_on.set()
        assert list(answer) == [{"second": 7}]


def test_another_process_is_asked(home: Home) -> None:
    with leader(home, SERVE.strip().replace("{{", "{").replace("}}", "}")) as other:
        first, last = home.request({"isolate": 5})
    assert first == {"pid": other.pid, "got": {"isolate": 5}}
    assert last == {"last": True}


def test_a_home_with_a_very_long_path(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["directory-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    home = new_home(deep / "home")
    assert len(os.fsencode(home.path)) > 108
    with home.lead() as lead:
        lead.serve(echo)
        assert next(home.request({})) == {"got": {}}


def test_many_ask_at_once(home: Home) -> None:
    with home.lead() as lead:
        lead.serve(echo)
        answers = [home.request({"n": number}) for number in range(30)]
        assert [next(answer)["got"]["n"] for answer in answers] == list(range(30))


def test_what_the_leader_refuses_is_said_with_its_data(home: Home) -> None:
    def refuse(message: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield {"begun": True}
        raise NotFound(kind="segment", name=message["segment"])

    with home.lead() as lead:
        lead.serve(refuse)
        answer = home.request({"segment": "emergnecy"})
        assert next(answer) == {"begun": True}
        with pytest.raises(LeaderRefused) as refused:
            next(answer)
    assert dict(refused.value.data) == {"reason": "not-found", "kind": "segment", "name": "emergnecy"}


def test_a_leader_that_is_only_coming_or_going_begins_nothing(home: Home) -> None:
    with home.lead(), pytest.raises(LeaderElsewhere):
        list(home.request({}))


def test_without_a_leader_there_is_no_answer(home: Home) -> None:
    with pytest.raises(LeaderElsewhere):
        home.request({})


def test_a_stopped_leader_is_given_up_on_and_does_nothing_when_it_wakes(home: Home, tmp_path: Path) -> None:
    done = str(tmp_path / "done")
    body = f"lead.serve(lambda message: iter([{{'wrote': open({done!r}, 'a').write(message['name'])}}]))"
    with leader(home, body) as other:
        other.signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(LeaderElsewhere) as silent:
            home.request({"name": "first"})
        assert time.monotonic() - began < 2
        assert silent.value.data["pid"] == other.pid
        other.signal(signal.SIGCONT)
        # Asked later, answered later: by then the first would have been carried out, too.
        assert list(home.request({"name": "second"})) == [{"wrote": 6}]
        assert other.end() == 0
    assert Path(done).read_text() == "second"


def test_a_leader_that_dies_while_answering_is_noticed(home: Home) -> None:
    with leader(home, SERVE.strip().replace("{{", "{").replace("}}", "}")):
        answer = home.request({"die": True})
        assert "got" in next(answer)
        with pytest.raises(LeaderLost):
            next(answer)


def test_nobody_listening_stops_nothing(home: Home) -> None:
    finished = threading.Event()

    def long(message: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        for number in range(2000):
            yield {"n": number, "padding": "x" * 1000}
        finished.set()

    with home.lead() as lead:
        lead.serve(long)
        answer = home.request({})
        next(answer)
        answer.close()
        assert finished.wait(10)


def test_what_is_left_in_the_inbox_is_carried_out_once_by_the_next_leader(home: Home) -> None:
    home.drop({"isolate": 5})
    home.drop({"isolate": 4})
    got: list[dict[str, Any]] = []
    both = threading.Event()

    def handle(message: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        got.append(message)
        yield {}
        if len(got) == 2:
            both.set()

    with home.lead() as lead:
        lead.serve(handle)
        assert both.wait(10)
        assert wait_until_empty(home.path / "inbox")
    assert sorted(message["isolate"] for message in got) == [4, 5]
    assert all(message["dropped_at"].startswith("20") for message in got)


def test_what_cannot_be_carried_out_stays_in_sight(home: Home) -> None:
    name = home.drop({"segment": "x"})
    (home.path / "inbox" / "junk.json").write_text("{")

    def refuse(message: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        raise NotFound(kind="segment", name=message["segment"])
        yield {}

    with home.lead() as lead:
        lead.serve(refuse)
        assert wait_until_empty(home.path / "inbox")
    left = {path.name for path in (home.path / "inbox").iterdir()}
    assert left == {name.replace(".json", ".refused"), "junk.refused"}


def wait_until_empty(inbox: Path) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not list(inbox.glob("*.json")):
            return True
        time.sleep(0.01)
    return False
