"""Through the real entry: what a command asks of the office, says, and returns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.cli.confirm import moment_of
from controller.cli.main import main
from controller.cli.verdict import errand_lines
from controller.domain.inventory import PointId
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.engine.execution.walklist import step_code, walklist
from controller.text import Catalogue
from tests.unit.cli.office import INVENTORY as SITE
from tests.unit.cli.office import NEW_KEY, RUN, ScriptedOffice, make_plan, scripted
from tests.unit.paper.pages import lines as printed_lines


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        return json.loads(self.out)


Cordon = Callable[..., Said]


@dataclass
class Bench:
    """``cordon`` in this process. ``office`` may be scripted before a call; ``calls`` is what it was told."""

    office: ScriptedOffice
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Said:
        settings: dict[str, object] = {}

        def make(**given: object) -> ScriptedOffice:
            settings.update(given)
            self.office.settings = given
            return self.office

        code = main(["--lang", "en", *arguments] if "--lang" not in arguments else arguments, make)
        said = self.capture.readouterr()
        return Said(code, said.out, said.err)

    @property
    def calls(self) -> list[list[str]]:
        path = self.office.calls
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def acted(self) -> list[str]:
        return [call[0] for call in self.calls if call[0] not in ("waiting", "ended")]


@pytest.fixture
def cordon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    return Bench(scripted(tmp_path / "calls"), capsys)


# --- exit codes --------------------------------------------------------------------------------------


def test_a_cut_with_everything_proven_ends_0(cordon: Bench) -> None:
    said = cordon("isolate", "--level", "5", "--yes", "--reason", "note on the printers")
    assert said.code == 0
    assert "4 of 4 points confirmed cut in 1.4 s." in said.out
    assert cordon.calls[0][:2] == ["isolate", "note on the printers"]


def test_a_point_without_its_proof_ends_6_with_the_walk_list(cordon: Bench) -> None:
    cordon.office.sick = frozenset({"acc-2"})
    said = cordon("isolate", "--level", "5", "--yes")
    assert said.code == 6
    assert "3 of 4 points confirmed cut in 1.4 s; 1 is not proven." in said.out
    assert "acc-2: 1 point, unknown — it answers on none of its addresses" in said.out
    walk = said.out[said.out.index("To do on site") :]
    assert "building B, rack R9, acc-2 Gi1/0/1" in walk
    assert "emergency — nothing was sent" in walk
    assert [line.strip() for line in walk.splitlines() if ">" in line] == [
        "> configure terminal",
        "> interface Gi1/0/1",
        "> shutdown",
        "> end",
    ]
    assert walk.index("freeze the pushes from dna-center") < walk.index("rack R9")


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("mistakes", 2, "2 mistakes"),
        ("approval", 4, "takes another person"),
        ("leader", 5, "process 42"),
        ("journal", 7, "--without-journal"),
        ("crash", 70, "RuntimeError: parser fell over"),
    ],
)
def test_every_end_has_its_exit_code_and_its_words(cordon: Bench, script: str, code: int, words: str) -> None:
    cordon.office.script = script
    said = cordon("isolate", "--level", "5", "--yes")
    assert said.code == code
    assert words in said.err
    as_object = cordon("isolate", "--level", "5", "--yes", "--json")
    assert as_object.code == code
    assert as_object.object["exit"] == code
    assert words in as_object.object["text"]


def test_a_refusal_ends_3_and_yes_does_not_help(cordon: Bench) -> None:
    said = cordon("isolate", "--segment", "samu", "--yes")
    assert said.code == 3
    assert cordon.acted == []
    assert "REFUSED “samu” must stay alive" in said.err
    assert "--override samu" in said.err


def test_an_override_is_shown_reasoned_and_passed_on(cordon: Bench) -> None:
    without = cordon("isolate", "--segment", "samu", "--override", "samu", "--yes")
    assert without.code == 2
    assert "--override wants a reason" in without.err
    assert cordon.acted == []
    said = cordon("isolate", "--segment", "samu", "--override", "samu", "--yes", "--reason", "it is hit")
    assert said.code == 0
    assert "by your decision" in said.out
    assert cordon.calls[0][:3] == ["isolate", "samu", "it is hit"]


def test_a_cut_without_a_journal_needs_a_reason(cordon: Bench) -> None:
    cordon.office.script = "journal"
    assert cordon("isolate", "--level", "5", "--yes", "--without-journal").code == 2
    assert cordon.acted == []
    said = cordon("isolate", "--level", "5", "--yes", "--without-journal", "--reason", "disk gone")
    assert said.code == 0
    assert cordon.calls[0][-1] == "True"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("isolate",), "exactly one of these options"),
        (("isolate", "--level", "5", "--segment", "emergency"), "exactly one of these options"),
        (("isolate", "--level", "five"), "--level wants a number"),
        (("isolate", "--level"), "A value is missing after --level"),
        (("isolate", "--nonsense"), "There is no option --nonsense"),
        (("isolat",), "Try: cordon isolate"),
        (("isolate", "--level", "9", "--yes"), "No playbook has level 9"),
        (("restore",), "exactly one of these options"),
        (("restore", "--next", "--all"), "exactly one of these options"),
        (("restore", "--all", "--yes"), "there is nothing to restore"),
        (("show",), "RUN is missing"),
        (("show", "1999"), "No run begins with"),
        (("run", "level-6", "--yes"), "Did you mean “level-5”?"),
        (("run", "by-priority", "--override", "x", "--yes"), "for cuts only"),
        (("run", "level-5", "--accept-drift", "x", "--yes"), "for restores only"),
        (("schema", "nonsense"), "no schema"),
        (("log", "  "), "The note is empty"),
        (("trust",), "exactly one of these options"),
        (("trust", "acc-9"), "Did you mean “acc-"),
    ],
)
def test_a_mistake_in_the_command_ends_2_before_anything(
    cordon: Bench, arguments: tuple[str, ...], words: str
) -> None:
    said = cordon(*arguments)
    assert said.code == 2
    assert words in said.err
    assert said.out == ""
    assert cordon.acted == []
    as_object = cordon(*arguments, "--json") if arguments[-1] != "--level" else cordon("--json", *arguments)
    assert as_object.code == 2
    assert as_object.object["exit"] == 2
    assert words in as_object.object["text"]


# --- asking ------------------------------------------------------------------------------------------


def test_without_a_terminal_nothing_goes_out_unconfirmed(cordon: Bench) -> None:
    for command in (("isolate", "--level", "5"), ("run", "level-5")):
        said = cordon(*command)
        assert said.code == 2
        assert "--yes" in said.err
        assert "Hôpital Test" in said.err
    assert cordon.acted == []


def test_a_dry_run_shows_the_cost_and_sends_nothing(cordon: Bench) -> None:
    said = cordon("isolate", "--level", "5", "--dry-run")
    assert said.code == 0
    assert cordon.acted == []
    assert "2 segments and 1 conduit (4 points, 3 devices, 1 wave)" in said.out
    assert "Emergency room (emergency) — 14 monitors → 14 carers" in said.out
    assert "Staying alive: Emergency calls (samu)." in said.out
    assert "Internet (internet) is cut, save for samu." in said.out
    assert "Emergency calls (samu) stays connected but will last 8 h without laboratory." in said.out
    assert "Cordon does not manage box-4g" in said.out
    assert cordon("isolate", "--segment", "samu", "--dry-run").code == 3


@pytest.mark.parametrize(
    "arguments",
    [("log", "a note"), ("abort", RUN), ("restore", "--all"), ("resume", RUN), ("run", "level-5")],
)
def test_no_dry_run_acts_or_writes(cordon: Bench, arguments: tuple[str, ...]) -> None:
    cordon.office.held = {"laboratory"}
    said = cordon(*arguments, "--dry-run", "--yes")
    assert said.code == 0
    assert cordon.calls == []
    assert cordon(*arguments, "--dry-run", "--yes", "--json").object["exit"] == 0
    assert cordon.calls == []


# --- restoring ---------------------------------------------------------------------------------------


def test_the_next_wave_is_shown_with_its_reason_and_followed_by_the_next(cordon: Bench) -> None:
    cordon.office.held = {"emergency", "laboratory", "internet"}
    first = cordon("restore", "--next", "--yes")
    assert first.code == 0
    assert "○ Laboratory (laboratory) — priority 2" in first.out
    assert "1 of 1 points confirmed back to its former state" in first.out
    assert "Next wave: Emergency room (emergency)" in first.out
    second = cordon("restore", "--next", "--yes", "--json")
    assert second.object["next"] == ["internet"]
    last = cordon("restore", "--all", "--yes")
    assert "Cordon holds nothing cut any more." in last.out


def test_overwriting_someone_elses_change_needs_a_reason(cordon: Bench) -> None:
    cordon.office.held = {"laboratory"}
    said = cordon("restore", "--all", "--accept-drift", "acc-1", "--yes")
    assert said.code == 2
    assert "--accept-drift wants a reason" in said.err
    assert cordon.acted == []
    said = cordon("restore", "--all", "--accept-drift", "acc-1", "--yes", "--reason", "seen with Léa")
    assert said.code == 0
    assert cordon.calls[0] == ["restore", "acc-1", "seen with Léa"]


def test_a_playbook_is_carried_out_by_what_it_does(cordon: Bench) -> None:
    cordon.office.held = {"laboratory"}
    assert cordon("run", "level-5", "--yes").code == 0
    assert cordon("run", "by-priority", "--yes").code == 0
    assert cordon.acted == ["isolate", "restore"]


# --- looking -----------------------------------------------------------------------------------------


def test_the_situation_in_a_sentence_then_by_order_of_return(cordon: Bench) -> None:
    cordon.office.held = {"emergency", "laboratory", "internet"}
    cordon.office.sick = frozenset({"acc-2", "fw-1"})
    cordon.office.script = "interrupted"
    said = cordon("status")
    assert said.code == 0
    first, *rest = said.out.splitlines()
    assert first.startswith("Hôpital Test, ")
    assert "1 isolated, 1 only in part, 1 unknown, 1 kept alive. Cut for 2 h. Level 5." in first
    assert [line.strip()[0] for line in rest if line.strip()[:1] in set("■◧◇○▣")] == ["■", "◧", "▣", "◇"]
    assert any("1 confirmed, 1 unknown" in line and "read 4 min ago" in line for line in rest)
    assert any("waits for laboratory" in line for line in rest)
    assert any("never read back" in line for line in rest)
    assert f"cordon resume {RUN}" in said.out
    found = cordon("status", "--json").object
    assert {each["name"]: each["state"] for each in found["subjects"]} == {
        "emergency": "partial",
        "laboratory": "isolated",
        "samu": "kept-alive",
        "internet": "unknown",
    }
    assert found["under_way"][0]["state"] == "interrupted"


def test_a_plan_with_its_commands(cordon: Bench) -> None:
    said = cordon("plan", "level-5", "--commands")
    assert said.code == 0
    assert "      interface Gi1/0/1" in said.out
    assert "nothing was sent" in said.out
    found = cordon("plan", "--level", "5", "--json").object
    assert len(found["plan"]) == 64
    assert found["waves"][0]["operations"][0]["steps"][0]["rendering"]["commands"] == [
        "interface Gi1/0/1",
        "shutdown",
    ]


def test_runs_and_one_of_them(cordon: Bench) -> None:
    assert f"{RUN}  " in cordon("runs").out
    shown = cordon("show", "2026")
    assert shown.code == 0
    assert f"cordon resume {RUN}" in shown.out
    assert cordon("resume", "2026").code == 0
    assert ["resume", RUN] in cordon.calls


def test_the_log_is_shown_checked_and_written(cordon: Bench) -> None:
    shown = cordon("audit", "show")
    assert "run decided" in shown.out
    assert "rien à signaler" in shown.out
    assert "\x1b" not in shown.out
    assert len(cordon("audit", "show", "--limit", "1", "--json").object["entries"]) == 1
    assert "whole: 9 entries" in cordon("audit", "verify").out
    cordon.office.script = "tampered"
    broken = cordon("audit", "verify")
    assert broken.code == 6
    assert "NOT whole" in broken.out
    assert "The content of entry 9 was altered" in broken.out
    written = cordon("log", "nothing to report", "--json")
    assert written.object["seq"] == 17
    assert ["log", "nothing to report"] in cordon.calls


def test_mistakes_are_told_by_file_line_and_column_then_counted(cordon: Bench) -> None:
    cordon.office.script = "mistakes"
    said = cordon("check")
    assert said.code == 2
    lines = said.err.splitlines()
    assert lines[0].startswith("inventory.yaml:2:1: ")
    assert lines[1] == "inventory.yaml:7:3: Unknown key “prioritty”. Possible keys: priority."
    assert lines[2].startswith("2 mistakes.")
    problems = cordon("check", "--json").object["problems"]
    assert [problem["line"] for problem in problems] == [2, 7]


def test_a_sound_inventory_is_counted(cordon: Bench) -> None:
    said = cordon("check")
    assert said.code == 0
    assert "3 devices, 3 segments, 1 conduit, 5 points, 2 playbooks" in said.out
    assert "1 device has no host key pinned and will be turned away: acc-2" in said.out


def test_a_schema_is_one_object(cordon: Bench) -> None:
    for kind in ("inventory", "profile", "playbook"):
        assert cordon("schema", kind).object["$schema"].startswith("https://json-schema.org/")


# --- options and language ----------------------------------------------------------------------------


def test_options_are_taken_before_and_after_the_command(cordon: Bench) -> None:
    cordon("--inventory", "a.yaml", "status", "--home", "/h", "--profiles", "p1", "--profiles", "p2")
    assert cordon.office.settings == {
        "inventory": Path("a.yaml"),
        "home": Path("/h"),
        "profiles": (Path("p1"), Path("p2")),
    }
    cordon("--inventory", "a.yaml", "status", "--inventory", "b.yaml")
    assert cordon.office.settings["inventory"] == Path("b.yaml")
    assert cordon("--json", "--yes", "isolate", "--level", "5").object["state"] == "finished"


def test_french_is_spoken_where_the_system_does(cordon: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    cordon.office.sick = frozenset({"acc-2"})
    french = cordon("isolate", "--level", "5", "--yes", "--lang", "fr")
    assert "3 points sur 4 confirmés coupés en 1,4 s\N{NO-BREAK SPACE}; 1 n’est pas prouvé." in french.out
    assert "bâtiment B, baie R9" in french.out
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert main(["isolate"], lambda **_: cordon.office) == 2
    assert "Choisissez exactement une" in cordon.capture.readouterr().err
    assert main(["--help"]) == 0
    assert "Affiche cette aide." in cordon.capture.readouterr().out


def test_a_run_as_an_object(cordon: Bench) -> None:
    cordon.office.sick = frozenset({"acc-2"})
    found = cordon("isolate", "--level", "5", "--yes", "--json").object
    assert found["run"] == RUN
    assert len(found["plan"]) == 64
    assert found["state"] == "finished"
    assert found["points"] == {"wanted": 4, "satisfied": 3}
    assert found["outcomes"] == {
        "not_attempted": 0,
        "not_sent": 1,
        "sent": 0,
        "rejected": 0,
        "accepted": 3,
    }
    assert found["proofs"]["confirmed"] == 3
    assert found["proofs"]["unknown"] == 1
    (missing,) = found["unproven"]
    assert missing["device"] == "acc-2"
    assert missing["commands"] == ["configure terminal", "interface Gi1/0/1", "shutdown", "end"]
    assert missing["text"].startswith("it answers on none")
    assert found["exit"] == 6


def test_progress_without_a_terminal_is_plain_timestamped_lines(cordon: Bench) -> None:
    cordon.office.sick = frozenset({"acc-2"})
    said = cordon("isolate", "--level", "5", "--yes")
    assert all(character.isprintable() or character == "\n" for character in said.out)
    lines = [line for line in said.out.splitlines() if line[:2] == "20" and line[10] == "T"]
    assert any(line.endswith("acc-1: 2 confirmed  [2 of 4]") for line in lines)
    assert any("acc-2: 1 unknown (it answers on none" in line for line in lines)
    assert len(lines) == 5


def test_an_error_in_the_middle_says_how_far_it_got(cordon: Bench) -> None:
    cordon.office.script = "dies"
    said = cordon("isolate", "--level", "5", "--yes")
    assert said.code == 7
    assert f"Run {RUN} had begun: 4 of 4 points have their proof" in said.err
    found = cordon("isolate", "--level", "5", "--yes", "--json").object
    assert found["run"] == {"id": RUN, "known": 4, "total": 4}


def test_evidence_that_went_through_the_spool_is_said(cordon: Bench) -> None:
    cordon.office.script = "degraded"
    said = cordon("isolate", "--level", "5", "--yes")
    assert said.code == 0
    assert "evidence degraded" in said.out


# --- host keys ---------------------------------------------------------------------------------------


INVENTORY = """\
format: 1   # kept
devices:
  acc-1:
    platform: cisco_ios   # an old one
    host_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOld0"
  acc-2:
    # the second floor
    platform: cisco_ios
  fw-1: {platform: fortinet, role: firewall}
"""


def test_a_new_key_is_pinned_and_a_changed_one_only_on_purpose(cordon: Bench, tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(INVENTORY)
    file.chmod(0o640)
    options = ("trust", "--all", "--yes", "--write", "--inventory", str(file))
    said = cordon(*options)
    assert said.code == 6  # acc-1 shows another key than the one pinned
    assert "ANOTHER ssh-ed25519 key" in said.out
    expected = INVENTORY.replace(
        "    platform: cisco_ios\n  fw-1", f"    host_key: {NEW_KEY}\n    platform: cisco_ios\n  fw-1"
    )
    assert file.read_text() == expected
    assert cordon(*options, "--replace").code == 0
    assert file.read_text() == expected.replace('"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOld0"', NEW_KEY)
    assert file.stat().st_mode & 0o777 == 0o640
    assert [call for call in cordon.calls if call[0] == "log"]
    assert list(tmp_path.glob(".inventory*")) == []


def test_a_key_to_be_written_by_hand_is_printed_whole(cordon: Bench) -> None:
    said = cordon("trust", "acc-2", "--yes")
    assert said.code == 0
    assert f"    host_key: {NEW_KEY}" in said.out
    cordon.office.sick = frozenset({"acc-2"})
    said = cordon("trust", "acc-2", "--yes")
    assert said.code == 6
    assert "acc-2: it answers on none of its addresses" in said.out


# --- start-up ----------------------------------------------------------------------------------------


def test_the_help_needs_none_of_the_heavy_libraries() -> None:
    heavy = ("netmiko", "paramiko", "sqlalchemy", "alembic", "pydantic", "rich", "ntc_templates", "yaml")
    for arguments in (["--help"], ["isolate", "--help"], ["isolate", "--level", "x"], ["version"]):
        code = (
            "import sys; from controller.cli.main import main; main(sys.argv[1:]); "
            f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.stderr.splitlines()[-1] == "[]", arguments


def test_a_question_imports_only_what_it_asks(tmp_path: Path) -> None:
    unasked = ["netmiko", "paramiko", "napalm", "structlog", "rich", "cryptography", "alembic", "networkx"]
    unasked += ["fastapi", "starlette", "uvicorn", "jinja2", "fpdf", "segno", "ntc_templates"]
    database = ["sqlalchemy", "asyncio"]
    lab, home = Path(__file__).parents[3] / "examples" / "lab" / "inventory.yaml", tmp_path / "home"

    def ask(*arguments: str, without: list[str], code: int = 0) -> None:
        program = (
            "import sys; from controller.cli.main import main; code = main(sys.argv[1:]); "
            f"print([code, *(name for name in {without!r} if name in sys.modules)], file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments, "--inventory", str(lab), "--home", str(home)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stderr.splitlines()[-1] == f"[{code}]", (arguments, done.stderr)

    ask("isolate", "--level", "5", "--dry-run", without=[*unasked, *database])
    ask("status", without=[*unasked, *database], code=2)
    assert not home.exists()  # whoever looks in the wrong place makes no home there
    home.mkdir(mode=0o700)
    ask("status", without=[])  # makes the database
    ask("status", without=unasked)


# --- what people do by hand ------------------------------------------------------------------------

BY_HAND = step_code(RUN, PointId("acc-2", "Gi1/0/1"))


def test_a_step_done_by_hand_is_noted_with_who_and_when(cordon: Bench) -> None:
    cordon.office.sick = frozenset({"acc-2"})
    when = "2026-03-01T03:20+00:00"
    said = cordon("confirm", BY_HAND.lower(), "--by", "Zoé", "--at", when, "--reason", "unplugged")
    assert said.code == 0
    assert cordon.calls[-1][:6] == [
        "confirm",
        BY_HAND,
        "Zoé",
        "2026-03-01T03:20:00+00:00",
        "unplugged",
        "False",
    ]
    assert "Zoé says they cut acc-2 Gi1/0/1 by hand" in said.out
    assert "no proof" in said.out


def test_a_withdrawn_step_is_told_so_and_json_names_the_step(cordon: Bench) -> None:
    assert "no longer declared" in cordon("confirm", BY_HAND, "--withdraw").out
    assert cordon.calls[-1][5] == "True"
    found = cordon("confirm", BY_HAND, "--json").object
    assert (found["code"], found["device"], found["object"], found["seq"]) == (
        BY_HAND,
        "acc-2",
        "Gi1/0/1",
        18,
    )


def test_an_unknown_code_is_refused_with_the_way_out(cordon: Bench) -> None:
    said = cordon("confirm", "QQQQQQ")
    assert said.code == 2
    assert "cordon show RUN" in said.err
    assert cordon.acted == []


@pytest.mark.parametrize("when", ["soon", "25:10", "2026-13-01T00:00"])
def test_a_time_that_is_none_is_refused(cordon: Bench, when: str) -> None:
    assert cordon("confirm", BY_HAND, "--at", when).code == 2
    assert cordon.acted == []


def test_trying_to_confirm_with_dry_run_notes_nothing(cordon: Bench) -> None:
    assert cordon("confirm", BY_HAND, "--dry-run").code == 0
    assert cordon.acted == []


def test_a_clock_time_is_the_last_time_it_was_so() -> None:
    now = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    assert moment_of("00:10", now) == datetime(2026, 3, 1, 0, 10, tzinfo=UTC)
    assert moment_of("23:50", now) == datetime(2026, 2, 28, 23, 50, tzinfo=UTC)
    assert moment_of("2026-02-01T10:00", now) == datetime(2026, 2, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(("claimed", "listed"), [(False, True), (True, False)])
def test_the_list_to_walk_says_why_and_leaves_out_what_is_done(claimed: bool, listed: bool) -> None:
    plan = make_plan(Action.ISOLATE, ("emergency",))
    office = scripted(Path(), sick="acc-2")
    results = [office.result(op.device, step, "") for _, op, step in plan.steps()]
    if claimed:
        results = [
            replace(each, proof=Proof.CLAIMED) if each.step.point.id.device == "acc-2" else each
            for each in results
        ]
    words = Catalogue("en")
    lines = list(errand_lines(walklist(RUN, plan, SITE, results), SITE, words))
    text = "\n".join(lines)
    assert ("> shutdown" in text) is listed
    assert ("Declared done by hand" in text) is claimed
    place = next(line for line in lines if BY_HAND in line)
    assert "building B, rack R9, acc-2 Gi1/0/1" in place
    if listed:
        assert "answers on none of its addresses" in lines[lines.index(place) + 1]
        typed = [line.strip() for line in lines if line.strip().startswith(">")]
        assert typed == ["> configure terminal", "> interface Gi1/0/1", "> shutdown", "> end"]


# --- paper -----------------------------------------------------------------------------------------


def test_paper_prints_every_level_that_cuts(cordon: Bench, tmp_path: Path) -> None:
    said = cordon("paper", "--out", str(tmp_path / "new" / "sheets"))
    assert said.code == 0
    [printed] = (tmp_path / "new" / "sheets").iterdir()
    assert printed.name == "level-5.pdf"
    assert printed.read_bytes().startswith(b"%PDF-")
    text = "".join(printed_lines(printed.read_bytes())).replace("\N{BULLET} ", "")
    assert "AB:" * 31 + "CD" in text, "the fingerprint of the service"
    assert str(printed) in said.out
    french = cordon("--lang", "fr", "paper", "--out", str(tmp_path / "fr"), "--json").object
    assert french["files"] == [str(tmp_path / "fr" / "niveau-5.pdf")]


def test_paper_that_cannot_be_written_is_said_so(cordon: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (
        ("paper", "--out", str(tmp_path / "file")),
        ("show", RUN, "--pdf", str(tmp_path / "no" / "walk.pdf")),
    ):
        said = cordon(*arguments)
        assert said.code == 2
        assert "cannot be written" in said.err


def test_with_dry_run_no_file_is_written(cordon: Bench, tmp_path: Path) -> None:
    assert cordon("paper", "--out", str(tmp_path / "sheets"), "--dry-run").code == 0
    assert cordon("show", RUN, "--pdf", str(tmp_path / "walk.pdf"), "--dry-run").code == 0
    assert {path.name for path in tmp_path.iterdir()} <= {"calls"}


def test_the_walk_list_of_a_run_goes_to_the_file_named(cordon: Bench, tmp_path: Path) -> None:
    said = cordon("show", RUN, "--pdf", str(tmp_path / "walk.pdf"), "--json")
    assert said.object["pdf"] == str(tmp_path / "walk.pdf")
    assert (tmp_path / "walk.pdf").read_bytes().startswith(b"%PDF-")
