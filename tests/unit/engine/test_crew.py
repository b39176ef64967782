"""The threads of a run: what is most urgent begins first, and what one job raises is its own."""

from __future__ import annotations

from functools import partial
from threading import Event

from controller.drivers.clock import SystemClock
from controller.engine.execution.crew import Crew


def test_jobs_begin_in_the_order_in_which_they_are_given() -> None:
    begun: list[int] = []
    all_given = Event()

    def hold() -> None:
        all_given.wait()

    with Crew(1, SystemClock()) as crew:
        jobs = [crew.start(hold), *(crew.start(partial(begun.append, number)) for number in range(100))]
        all_given.set()
        crew.join(jobs)
    assert begun == list(range(100))


def test_what_one_raises_is_its_own() -> None:
    done: list[str] = []

    def fail() -> None:
        raise ValueError

    with Crew(1, SystemClock()) as crew:
        failed = crew.start(fail)
        crew.join([failed, crew.start(partial(done.append, "after"))])
    assert isinstance(failed.exception(), ValueError)
    assert done == ["after"]
