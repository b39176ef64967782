"""What can befall the controller's own house, and how a cut and a restore end then: the table that the tests
hold true and docs/faults.md is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Devices(StrEnum):
    """How the devices stand at the end, by their own configuration and their own record of what they got."""

    CUT = "every point is shut"
    BACK = "every point is as before the cut"
    UNTOUCHED = "not one line was sent"
    PARTLY = "what had begun is done, the rest is as it was"


@dataclass(frozen=True)
class End:
    """How it ends. ``exits``: one for each command given, in order. ``says``: codes of the catalogues; every
    one of them is read by whoever gave the commands. ``proofs``: the points still held, as ``cordon status``
    counts them. ``then``: what else is true, or how it goes on, in one sentence."""

    devices: Devices
    exits: tuple[int, ...]
    says: tuple[str, ...] = ()
    proofs: Mapping[str, int] = field(default_factory=dict)
    then: str = ""


@dataclass(frozen=True)
class HomeFault:
    """``commands`` says what the exit codes belong to where there are several. ``cut`` is None where it can
    strike a restore only."""

    name: str
    what: str
    cut: End | None
    restore: End
    commands: str = ""

    def end(self, action: str) -> End:
        found = self.cut if action == "isolate" else self.restore
        if found is None:
            raise LookupError(f"{self.name} strikes no {action}")
        return found


CONFIRMED = {"confirmed": 7}
_SPOOL = ("run.degraded", "end.degraded")
_STOPS = ("run.degraded", "end.stopped", "cause.journal-degraded")
_NOTHING = ("error.journal-unavailable", "run.unrecorded", "end.unrecorded")

HOME_FAULTS = (
    HomeFault(
        "disk-full",
        "The disk of the home is full before the run.",
        End(
            Devices.CUT,
            (0,),
            _SPOOL,
            CONFIRMED,
            "Once there is room, the spool enters the log, marked degraded.",
        ),
        End(Devices.UNTOUCHED, (6,), _STOPS, CONFIRMED, "Once there is room, the run can be resumed."),
    ),
    HomeFault(
        "disk-full-midway",
        "The database cannot grow any more in the middle of a run; the preallocated spool can be written.",
        End(Devices.CUT, (0,), _SPOOL, CONFIRMED, "The log is whole, its degraded part marked."),
        End(
            Devices.PARTLY,
            (6,),
            _STOPS,
            {"confirmed": 4},
            "What was under way came back and is on record.",
        ),
    ),
    HomeFault(
        "database-locked",
        "Another process holds the database: it can be neither written nor read.",
        End(
            Devices.CUT,
            (0, 3),
            (*_SPOOL, "hazard.attribution-assumed"),
            CONFIRMED,
            "Nobody could read what was cut before: a later restore has a person decide (--accept-drift).",
        ),
        End(Devices.UNTOUCHED, (7,), ("error.journal-unreadable",), CONFIRMED),
        "the run; a restore once the database is back",
    ),
    HomeFault(
        "database-locked-midway",
        "Another process takes the database in the middle of a run and lets go of it afterwards.",
        End(Devices.CUT, (0, 0), (*_SPOOL, "audit.degraded"), CONFIRMED),
        End(Devices.BACK, (6, 0), _STOPS, {}),
        "the run; `audit verify`, or `resume`, once the database is back",
    ),
    HomeFault(
        "database-back",
        "Another process takes the database in the middle of a run and lets go of it before its end.",
        End(
            Devices.CUT, (0, 0), (*_SPOOL, "audit.degraded"), CONFIRMED, "The spool is in the log at the end."
        ),
        End(
            Devices.PARTLY, (6, 0), (*_STOPS, "audit.degraded"), {"confirmed": 4}, "As above; it still stops."
        ),
        "the run; `audit verify`",
    ),
    HomeFault(
        "database-read-only",
        "The database is read-only, the rest of the home is not.",
        End(Devices.CUT, (0,), _SPOOL, CONFIRMED),
        End(Devices.UNTOUCHED, (6,), _STOPS, CONFIRMED),
    ),
    HomeFault(
        "nothing-writes",
        "Neither database nor spool can be written.",
        End(
            Devices.CUT,
            (7, 0),
            _NOTHING,
            {},
            "Not one line was sent at first. With `--without-journal` all is cut; what could not be recorded"
            " is on standard error, one JSON object a fact, and the home knows nothing of it.",
        ),
        End(Devices.UNTOUCHED, (7,), ("error.journal-unavailable",), CONFIRMED),
        "the run; the same with `--without-journal --reason`",
    ),
    HomeFault(
        "disk-read-only",
        "The disk of the home has become read-only, as file systems do after an error.",
        End(Devices.CUT, (7, 0), _NOTHING, {}, "As above."),
        End(Devices.UNTOUCHED, (7,), ("error.journal-unavailable",), CONFIRMED),
        "the run; the same with `--without-journal --reason`",
    ),
    HomeFault(
        "nothing-writes-midway",
        "Neither database nor spool can be written any more, in the middle of a run.",
        End(
            Devices.CUT,
            (7, 0),
            ("error.journal-unavailable", "error.run-had-begun"),
            CONFIRMED,
            "Nothing further was sent; resumed, the run reads back what is unknown and finishes.",
        ),
        End(
            Devices.BACK, (7, 0), ("error.journal-unavailable", "error.run-had-begun"), {}, "As for the cut."
        ),
        "the run; `resume` once something writes again",
    ),
    HomeFault(
        "two-at-once",
        "The same is asked for twice at once.",
        End(
            Devices.CUT,
            (0, 0),
            ("run.joined", "end.joined"),
            CONFIRMED,
            "One run on record; the second command followed it to its end.",
        ),
        End(
            Devices.BACK,
            (0, 2),
            ("error.nothing-held",),
            {},
            "The second waited for the first, and found nothing left to bring back.",
        ),
        "the first; the second",
    ),
    HomeFault(
        "two-different-at-once",
        "Two different plans at once that share a device.",
        End(Devices.CUT, (0, 0), (), CONFIRMED, "No device got lines of two runs at once."),
        End(Devices.PARTLY, (0, 0), (), {"confirmed": 2}, "The second waited for the first."),
        "the first; the second",
    ),
    HomeFault(
        "cut-against-restore",
        "In the middle of a restore a cut is asked for; in the middle of a cut, a restore.",
        End(
            Devices.CUT,
            (6, 0),
            ("end.stopped", "cause.cut-under-way"),
            CONFIRMED,
            "The cut won on every device, also on the one the restore was at.",
        ),
        End(Devices.BACK, (0, 0), (), {}, "The restore waited for the end of the cut."),
        "the one under way; the other",
    ),
    HomeFault(
        "restore-outrun",
        "While a restore waits for a cut, that cut takes more points than the restore was shown.",
        None,
        End(
            Devices.CUT,
            (0, 3),
            ("hazard.plan-changed",),
            CONFIRMED,
            "The restore is refused, nothing is opened.",
        ),
        "the cut; the restore",
    ),
    HomeFault(
        "leader-frozen",
        "The leading process is stopped (SIGSTOP) in the middle of a run.",
        End(
            Devices.CUT,
            (-9, 0),
            ("end.isolate",),
            CONFIRMED,
            "The second command killed it after a second of silence; the log says so.",
        ),
        End(Devices.BACK, (-9, 0), ("end.restore",), {}, "As for the cut."),
        "the frozen one; the second",
    ),
    HomeFault(
        "leader-killed",
        "The leading process is killed while a second command waits on it.",
        End(
            Devices.CUT,
            (-9, 0),
            ("run.joined", "end.isolate"),
            CONFIRMED,
            "The second command took the lead and finished the very run it had joined.",
        ),
        End(
            Devices.BACK,
            (-9, 0),
            ("end.restore",),
            {},
            "The second command took the lead and brought back what it had shown.",
        ),
        "the killed one; the second",
    ),
    HomeFault(
        "clock-back",
        "The wall clock is set back by an hour in the middle of a run.",
        End(
            Devices.CUT,
            (0,),
            ("end.isolate",),
            {"confirmed": 5, "unknown": 2},
            "The duration told is the true one. A proof that now seems an hour old has expired.",
        ),
        End(Devices.BACK, (0,), ("end.restore",)),
    ),
    HomeFault(
        "clock-forward",
        "The wall clock is set forward by an hour in the middle of a run, and set right after it.",
        End(
            Devices.CUT,
            (0, 0),
            ("end.isolate", "subject-state.partial"),
            {"confirmed": 5, "unknown": 2},
            "A proof from the future counts as expired: its age cannot be known.",
        ),
        End(Devices.BACK, (0, 0), ("end.restore", "status.nothing-cut")),
        "the run; `status` with the clock set right",
    ),
    HomeFault(
        "clock-and-deadline",
        "A device hangs, and meanwhile the wall clock is set back or forward by an hour.",
        End(
            Devices.CUT,
            (0,),
            ("end.isolate",),
            {"confirmed": 5, "unknown": 2},
            "It is left, met again and read back in its time, counted by the monotonic clock.",
        ),
        End(Devices.BACK, (0,), ("end.restore",), {}, "As for the cut."),
    ),
    HomeFault(
        "ctrl-c",
        "Ctrl-C at the terminal in the middle of a run.",
        End(
            Devices.CUT,
            (130, 0),
            ("run.stopping", "end.aborted"),
            CONFIRMED,
            "The device under way is finished, no other begun; asked again, the cut is completed.",
        ),
        End(Devices.BACK, (130, 0), ("run.stopping", "end.aborted"), {}, "As for the cut."),
        "the run; the same again",
    ),
    HomeFault(
        "terminal-closed",
        "The terminal is closed in the middle of a run.",
        End(Devices.CUT, (0,), (), CONFIRMED, "The run goes on to its end; `cordon runs` tells of it."),
        End(Devices.BACK, (0,), (), {}, "As for the cut."),
    ),
    HomeFault(
        "reader-gone",
        "Whatever reads the output goes away in the middle of a run.",
        End(Devices.CUT, (0,), (), CONFIRMED, "As above."),
        End(Devices.BACK, (0,), (), {}, "As above."),
    ),
    HomeFault(
        "no-descriptors",
        "The process runs out of file descriptors in the middle of a run.",
        End(
            Devices.CUT,
            (6, 0),
            ("open.starved", "walk.title"),
            CONFIRMED,
            "Open sessions are used to their end, the other devices are on the walk-list; asked again, all is"
            " cut.",
        ),
        End(
            Devices.BACK,
            (6, 0),
            ("open.starved", "restore.unknown-left"),
            {},
            "It stops at the first device without a session. Asked again, all comes back.",
        ),
        "the run; the same again with descriptors",
    ),
    HomeFault(
        "inventory-changed",
        "The inventory file is changed in the middle of a run.",
        End(
            Devices.CUT,
            (0, 0),
            ("status.inventory-changed",),
            CONFIRMED,
            "What was shown is what was done.",
        ),
        End(Devices.BACK, (0, 0), (), {}, "As for the cut."),
        "the run; `status`",
    ),
    HomeFault(
        "inventory-broken",
        "The controller dies in the middle of a run, and the inventory file can no longer be read.",
        End(
            Devices.CUT,
            (0, 0),
            ("problem.yaml-unclosed", "lapse.mistakes", "lapse.instead"),
            CONFIRMED,
            "Where plans were kept, a new run goes by what was valid last; the one begun is finished by the "
            "revision it was planned from.",
        ),
        End(
            Devices.BACK,
            (2, 0),
            ("problem.yaml-unclosed", "error.invalid-input"),
            {},
            "A new return waits; the one begun is finished by the revision it was planned from.",
        ),
        "the same again; `resume`",
    ),
    HomeFault(
        "home-newer",
        "The home was written by a newer version.",
        End(
            Devices.UNTOUCHED, (2,), ("error.home-from-the-future",), {}, "Not a byte of the home is changed."
        ),
        End(Devices.UNTOUCHED, (2,), ("error.home-from-the-future",), CONFIRMED, "As for the cut."),
    ),
    HomeFault(
        "home-readable",
        "Other accounts can read the home.",
        End(Devices.CUT, (0,), (), CONFIRMED, "Their rights are taken away first."),
        End(Devices.BACK, (0,), (), {}, "As for the cut."),
    ),
    HomeFault(
        "home-writable",
        "Other accounts can write in the home.",
        End(Devices.UNTOUCHED, (2,), ("error.home-not-private",), {}, "What it says could be anybody's."),
        End(Devices.UNTOUCHED, (2,), ("error.home-not-private",), CONFIRMED, "As for the cut."),
    ),
)
