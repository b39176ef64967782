"""The feed: every entry once and in order to whoever listens, and nobody waits for a slow one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from controller.workers.feed import KEPT, QUEUE, Feed, Subscription, Told


class Log:
    """``entries`` grows; ``reads`` counts how often it was read."""

    def __init__(self) -> None:
        self.entries: list[Told] = []
        self.reads = 0

    def write(self, count: int = 1) -> None:
        first = len(self.entries) + 1
        self.entries += [Told(seq, "tag", "{}", None) for seq in range(first, first + count)]

    def read(self, after: int) -> Iterator[Told]:
        self.reads += 1
        yield from self.entries[after:]


class Listener:
    def __init__(self, feed: Feed, after: int) -> None:
        self.heard: list[int] = []
        self.lost = 0
        self._news = threading.Event()
        found = feed.subscribe(after, self._news.set)
        assert found is not None
        self.subscription: Subscription = found

    def take(self) -> None:
        lost, found = self.subscription.take()
        self.lost += lost
        self.heard += [told.seq for told in found]

    def until(self, wanted: Callable[[], bool]) -> None:
        for _ in range(200):
            self.take()
            if wanted():
                return
            self._news.wait(0.05)
            self._news.clear()
        raise AssertionError(self.heard[-5:])


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def feed(log: Log) -> Iterator[Feed]:
    made = Feed(log.read, 0)
    made.start()
    yield made
    made.stop()


def told(feed: Feed, log: Log, count: int) -> None:
    """``count`` entries more, and heard of."""
    log.write(count)
    feed.wake()
    listener = Listener(feed, feed.head)
    listener.until(lambda: feed.head == len(log.entries))
    listener.subscription.close()


def test_each_entry_comes_once_and_in_order(feed: Feed, log: Log) -> None:
    listener = Listener(feed, 0)
    for count in (1, 5, 30):
        log.write(count)
        feed.wake()
    listener.until(lambda: len(listener.heard) == 36)
    assert (listener.heard, listener.lost) == (list(range(1, 37)), 0)


def test_what_nobody_announced_is_found_all_the_same(feed: Feed, log: Log) -> None:
    listener = Listener(feed, 0)
    log.write()
    listener.until(lambda: listener.heard == [1])


def test_who_comes_back_goes_on_where_they_were(feed: Feed, log: Log) -> None:
    told(feed, log, 20)
    listener = Listener(feed, 12)
    told(feed, log, 3)
    listener.until(lambda: listener.heard[-1:] == [23])
    assert listener.heard == list(range(13, 24))


def test_who_was_away_for_long_reads_the_log_and_then_goes_on(feed: Feed, log: Log) -> None:
    told(feed, log, KEPT + 500)
    assert feed.subscribe(3, lambda: None) is None
    heard, position = [], 3
    while feed.subscribe(position, lambda: None) is None:
        found = feed.page(position)
        heard += [each.seq for each in found]
        position = found[-1].seq
    rest = Listener(feed, position)
    rest.until(lambda: rest.heard[-1:] == [KEPT + 500])
    assert heard + rest.heard == list(range(4, KEPT + 501))


def test_who_does_not_take_is_told_so_and_delays_nobody(feed: Feed, log: Log) -> None:
    slow, quick = Listener(feed, 0), Listener(feed, 0)
    for _ in range(4):
        told(feed, log, QUEUE // 2)
        quick.until(lambda: quick.heard[-1:] == [len(log.entries)])
    assert quick.heard == list(range(1, 2 * QUEUE + 1))
    slow.take()
    assert slow.lost == 1
    assert len(slow.heard) <= QUEUE
    told(feed, log, 1)
    slow.until(lambda: slow.heard[-1:] == [2 * QUEUE + 1])
    assert slow.lost == 1


def test_one_reading_serves_all(feed: Feed, log: Log) -> None:
    listeners = [Listener(feed, 0) for _ in range(50)]
    before = log.reads
    told(feed, log, 10)
    for listener in listeners:
        listener.until(lambda listener=listener: len(listener.heard) == 10)  # type: ignore[misc]  # bound now
    assert log.reads - before < 10


def test_a_log_that_cannot_be_read_for_a_while_loses_nothing() -> None:
    log, broken = Log(), threading.Event()

    def read(after: int) -> Iterator[Told]:
        if broken.is_set():
            raise OSError("the disk is away")
        return log.read(after)

    feed = Feed(read, 0)
    feed.start()
    listener = Listener(feed, 0)
    broken.set()
    log.write(3)
    feed.wake()
    broken.clear()
    listener.until(lambda: listener.heard == [1, 2, 3])
    feed.stop()
    assert feed.over
