"""Strangers wait at the door while a run acts, by turns of where they come from."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from controller.api.door import HALL, Door
from controller.api.shell import Shell

HERE, ELSEWHERE = "127.3.0.1", "127.3.0.2"
PACE = 20.0


class Hello(asyncio.Protocol):
    """Notes where a connection came from, and when it was let in."""

    def __init__(self, came: list[tuple[str, float]], wanted: int, all_in: asyncio.Event) -> None:
        self._came = came
        self._wanted = wanted
        self._all_in = all_in

    def connection_made(self, transport: Any) -> None:
        loop = asyncio.get_running_loop()
        self._came.append((transport.get_extra_info("peername")[0], loop.time()))
        if len(self._came) == self._wanted:
            self._all_in.set()


def let_in(
    sources: list[str],
    acts: Callable[[], bool],
    wanted: int,
    behind: Callable[[str], int] = lambda _: 0,
) -> tuple[list[tuple[str, float]], int]:
    """Those let in, in order, once there are ``wanted``; and how many were turned away by then."""

    async def scene() -> tuple[list[tuple[str, float]], int]:
        came: list[tuple[str, float]] = []
        all_in = asyncio.Event()
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            callers = [
                socket.create_connection(listener.getsockname(), source_address=(each, 0)) for each in sources
            ]
            door = Door(listener, lambda: Hello(came, wanted, all_in), None, acts, behind, PACE)
            door.open()
            await asyncio.wait_for(all_in.wait(), 60)
            turned_away = sum(_closed(each) for each in callers)
            door.close()
            for each in callers:
                each.close()
        return came, turned_away

    return asyncio.run(scene())


def _closed(caller: socket.socket) -> bool:
    caller.setblocking(False)
    try:
        return caller.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_at_rest_everybody_comes_in_at_once() -> None:
    came, turned_away = let_in([HERE] * 40, lambda: False, 40)
    assert came[-1][1] - came[0][1] < 40 / PACE
    assert turned_away == 0


def test_while_a_run_acts_they_come_in_by_turns_and_slowly() -> None:
    came, _ = let_in([*[HERE] * 30, ELSEWHERE], lambda: True, 5)
    assert ELSEWHERE in [source for source, _ in came[:3]]
    assert came[4][1] - came[0][1] >= 3.9 / PACE


def test_who_comes_from_where_nobody_failed_stands_behind_no_number_of_places_that_guess() -> None:
    guessing = [f"127.3.1.{each}" for each in range(1, 60)]
    came, _ = let_in([*guessing, HERE, ELSEWHERE], lambda: True, 8, lambda place: int(place in guessing))
    assert {HERE, ELSEWHERE} <= {source for source, _ in came[:6]}
    assert len({source for source, _ in came} & set(guessing)) >= 3  # who guesses waits, but not for ever


def test_who_waited_comes_in_when_the_run_is_over() -> None:
    looks = iter(range(1000))
    came, _ = let_in([HERE] * 40, lambda: next(looks) < 3, 40)
    assert came[-1][1] - came[0][1] < 40 / PACE


def test_a_flood_fills_its_own_place_in_the_hall() -> None:
    came, turned_away = let_in([*[HERE] * (HALL + 20), ELSEWHERE], lambda: True, 4)
    assert ELSEWHERE in [source for source, _ in came]
    assert turned_away >= 16  # of the 20 too many, but for those who came in meanwhile


@pytest.mark.parametrize(("acts", "answered"), [(True, 6), (False, 20)])
def test_attempts_to_come_in_are_few_while_a_run_acts(*, acts: bool, answered: int) -> None:
    at_rest = False
    shell = Shell(PlainTextResponse("wrong", 401), rate=1e6, acts=lambda: acts and not at_rest)
    client = TestClient(shell)
    codes = [client.post("/api/v1/sessions").status_code for _ in range(20)]
    assert codes[:6] == [401] * 6
    assert 20 - codes.count(429) == pytest.approx(answered, abs=3)
    refused = client.post("/api/v1/sessions") if acts else None
    assert refused is None or int(refused.headers["Retry-After"]) >= 1
    assert client.post("/api/v1/runs").status_code == 401
    assert client.get("/api/v1/sessions").status_code == 401
    at_rest = True
    assert client.post("/api/v1/sessions").status_code == 401
