"""Paper says what the walk-list says: every step, every line, in order; its codes can be scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import segno

from controller.cli.sheets import level_frame, level_of, walk_frame, walk_of
from controller.domain.checkpoint import Checkpoint, Signature, note, spoken
from controller.domain.inventory import Bilingual, Contact
from controller.domain.plan import Plan, Rendering
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.engine.execution.walklist import Errand, beforehand, step_code, walklist
from controller.engine.points.track import not_attempted
from controller.paper.level import print_level
from controller.paper.sheet import BROKEN
from controller.paper.walk import print_walk
from controller.text import LANGUAGES, Catalogue
from controller.workers.auditing import SignedHead
from tests.unit.cli.office import INVENTORY, RUN, make_plan, scripted
from tests.unit.paper.pages import as_read, lines, matrices, pages, text

HEAD = (1234, "ab" * 32)
AT = datetime(2026, 3, 1, 3, 20, tzinfo=UTC)
ALL = ("emergency", "laboratory", "internet")


def errands_of(plan: Plan, claimed: Sequence[str] = ()) -> tuple[Errand, ...]:
    results = [
        replace(not_attempted(step, wave, "open.unreachable"), outcome=Outcome.NOT_SENT)
        for wave, _, step in plan.steps()
    ]
    told = [
        replace(each, proof=Proof.CLAIMED) if each.step.point.id.device in claimed else each
        for each in results
    ]
    return walklist(RUN, plan, INVENTORY, told)


def walk_pdf(plan: Plan, errands: Sequence[Errand], lang: str = "en") -> bytes:
    [record] = scripted(Path()).runs()
    words = Catalogue(lang)
    walk = walk_of(record, plan, errands, INVENTORY, HEAD, words)
    return print_walk(walk_frame(record, plan, AT, HEAD, words), walk)


def test_a_signed_log_is_on_the_first_page_and_at_the_foot_of_every_page() -> None:
    plan, words = make_plan(Action.ISOLATE, ALL), Catalogue("en")
    checkpoint = Checkpoint("cordon/0123456789abcdef", 137, bytes(range(32)))
    signed = note(checkpoint.text(), [Signature(checkpoint.origin, b"keyi", b"s" * 64)])
    head = SignedHead(138, AT.isoformat(), checkpoint, signed, 140)
    [record] = scripted(Path()).runs()
    walk = walk_of(record, plan, errands_of(plan), INVENTORY, head, words)
    pdf = print_walk(walk_frame(record, plan, AT, head, words), walk)
    expected = segno.make_qr(signed, error="m").matrix
    assert matrices(pdf)[0] == tuple(tuple(map(int, row)) for row in expected)
    assert "".join(signed.split()) in "".join(text(pdf).split())
    assert text(pdf).count(spoken(checkpoint)) == pages(pdf) + 1


def in_order(found: list[str], wanted: Sequence[str]) -> bool:
    left = iter(found)
    return all(any(line == each for line in left) for each in wanted)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sheet_holds_every_step_of_the_walk_list_in_its_order(lang: str) -> None:
    plan = make_plan(Action.ISOLATE, ALL)
    errands = errands_of(plan)
    found = lines(walk_pdf(plan, errands, lang))
    wanted: list[str] = []
    for errand in errands:
        wanted += [errand.code, str(errand.point), *errand.commands]
    assert len(errands) == 4
    assert in_order(found, wanted)
    typed = [line for line in found if line in {command for each in errands for command in each.commands}]
    assert typed == [command for errand in errands for command in errand.commands]


@pytest.mark.parametrize(("lang", "where"), [("fr", "Bâtiment B, baie R9"), ("en", "Building B, rack R9")])
def test_a_step_says_where_it_is_what_it_cuts_and_why_a_person_must(lang: str, where: str) -> None:
    words = Catalogue(lang)
    plan = make_plan(Action.ISOLATE, ALL)
    said = text(walk_pdf(plan, errands_of(plan), lang))
    assert where in said
    assert words.pick(Bilingual("Urgences (emergency)", "Emergency room (emergency)")) in said
    assert as_read(words.text("open.unreachable").split(";")[0].strip()) in said
    assert as_read(words.text("walk.freeze", manager="dna-center")) in said


def test_every_step_has_its_code_to_scan_and_the_log_its_head() -> None:
    plan = make_plan(Action.ISOLATE, ALL)
    errands = errands_of(plan)
    wanted = [f"cordon-log {HEAD[0]} {HEAD[1]}", *(errand.code for errand in errands)]
    expected = [
        tuple(tuple(map(int, row)) for row in segno.make_qr(each, error="m").matrix) for each in wanted
    ]
    assert sorted(matrices(walk_pdf(plan, errands))) == sorted(expected)


def test_every_page_says_what_it_belongs_to() -> None:
    plan = make_plan(Action.ISOLATE, ALL)
    pdf = walk_pdf(plan, errands_of(plan) * 4)
    said = text(pdf)
    count = pages(pdf)
    assert count > 3
    for number in range(1, count + 1):
        assert f"page {number} of {count}" in said
    assert said.count(f"Plan {plan.hash[:12]}") >= count
    assert said.count("log 1234: abababababababab") == count
    assert plan.hash in said
    assert said.count("abababab abababab") >= 1


def test_what_is_declared_done_is_named_and_not_to_be_done_again() -> None:
    plan = make_plan(Action.ISOLATE, ("emergency",))
    errands = errands_of(plan, claimed=["acc-2"])
    found = lines(walk_pdf(plan, errands))
    done = step_code(RUN, errands[-1].point)
    assert errands[-1].point.device == "acc-2"
    assert done not in found
    assert any(done in line and "acc-2 Gi1/0/1" in line for line in found)
    assert found.count("shutdown") == 1


def test_letters_of_names_are_printed_not_replaced() -> None:
    subject = replace(INVENTORY.segments["emergency"], title=Bilingual("Cœur – 14 €", "Łódź → Ω"))
    known = replace(INVENTORY, segments={**INVENTORY.segments, "emergency": subject})
    plan = make_plan(Action.ISOLATE, ("emergency",))
    [record] = scripted(Path()).runs()
    for lang, title in (("fr", "Cœur – 14 €"), ("en", "Łódź → Ω")):
        words = Catalogue(lang)
        walk = walk_of(record, plan, errands_of(plan), known, None, words)
        assert title in text(print_walk(walk_frame(record, plan, AT, None, words), walk))


def test_a_command_too_long_for_a_line_is_marked_where_it_goes_on_and_nothing_is_lost() -> None:
    plan = make_plan(Action.ISOLATE, ("laboratory",))
    long = "set " + "".join(f"{number:04d}" for number in range(60))
    [operation] = plan.waves[0].operations
    [step] = operation.steps
    rendering = Rendering(step.rendering.method, (long,), {})
    changed = replace(operation, steps=(replace(step, rendering=rendering),))
    plan = replace(plan, waves=(replace(plan.waves[0], operations=(changed,)),))
    found = lines(walk_pdf(plan, errands_of(plan)))
    start = next(index for index, line in enumerate(found) if line.startswith("set 0000"))
    parts = [found[start]]
    for line in found[start + 1 :]:
        if not line.startswith(BROKEN.strip()):
            break
        parts.append(line.removeprefix(BROKEN.strip()).strip())
    assert len(parts) > 1
    assert "".join(parts) == long


# --- beforehand ------------------------------------------------------------------------------------


def level_pdf(plan: Plan, errands: Sequence[Errand], lang: str = "en", lower: Sequence[int] = ()) -> bytes:
    words = Catalogue(lang)
    contacts = (
        Contact(Bilingual("Cellule de crise", "Crisis cell"), "+33 3 20 00 00 00"),
        Contact(Bilingual("Astreinte réseau", "Network on call"), "06 12 34 56 78", "Zoé"),
    )
    known = replace(INVENTORY, contacts=contacts)
    level = level_of(plan, errands, known, lower, HEAD, words)
    return print_level(level_frame(plan, AT, HEAD, words), level)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_level_is_walked_device_by_device_each_session_opened_and_closed_once(lang: str) -> None:
    plan = make_plan(Action.ISOLATE, ALL)
    errands = beforehand(plan, INVENTORY)
    found = lines(level_pdf(plan, errands, lang))
    devices = list(dict.fromkeys(errand.point.device for errand in errands))
    assert devices == ["fw-1", "acc-1", "acc-2"]
    wanted: list[str] = []
    for device in devices:
        wanted.append("configure terminal")
        for errand in errands:
            if errand.point.device == device:
                wanted += [errand.point.object, f"interface {errand.point.object}", "shutdown"]
        wanted.append("end")
    assert in_order(found, wanted)
    assert (found.count("configure terminal"), found.count("end")) == (3, 3)
    assert found.count("shutdown") == 4


def test_a_device_whose_steps_go_on_on_another_page_is_named_there_again() -> None:
    plan = make_plan(Action.ISOLATE, ALL)
    one = beforehand(plan, INVENTORY)[0]
    errands = [replace(one, point=one.point._replace(object=f"port{number}")) for number in range(20)]
    found = lines(level_pdf(plan, errands))
    again = [index for index, line in enumerate(found) if line.endswith("— continued")]
    assert len(again) > 1
    assert all(found[index + 1].startswith("fw-1 ") for index in again)
    assert all(found[index + 2].startswith("port") for index in again)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_level_says_what_it_costs_what_stays_and_whom_to_call(lang: str) -> None:
    words = Catalogue(lang)
    plan = make_plan(Action.ISOLATE, ALL)
    said = text(level_pdf(plan, beforehand(plan, INVENTORY), lang, lower=(1, 2)))
    assert as_read(words.text("paper.before", levels="1, 2")) in said
    assert words.pick(INVENTORY.segments["emergency"].impact) in said
    assert words.pick(INVENTORY.segments["samu"].title) in said
    assert "+33 3 20 00 00 00" in said
    assert "Zoé" in said
    assert as_read(words.text("cost.kept-through", conduit="Internet (internet)", subjects="samu")) in said
    assert said.index("06 12 34 56 78") < said.index(words.text("paper.costs"))
