"""What a plan says of log-ins whose changes no commit takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.domain.inventory import Inventory
from controller.domain.path import Credential
from controller.domain.plan import Plan
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec
from controller.engine.planning import plans
from controller.engine.planning.accounts import account_hazards
from controller.engine.planning.plans import Return
from tests.fakes import site as made
from tests.fakes.board import PLATFORM, Board, Port

CREDENTIALS = {
    "net": Credential("net", "cordon", fallback="local"),
    "local": Credential("local", "local-admin"),
}
COMMIT = CommitSpec(("commit of ${admin}",), ("revert of ${admin}",), accounts="${admin}")


def site(**settings: str) -> Inventory:
    """Two devices, of which one is cut."""
    devices = [made.device(name, credentials="net", settings=settings) for name in ("a", "b")]
    known = made.inventory(devices, [made.segment("one", [made.port("a", "p1")])])
    known = replace(known, credentials=CREDENTIALS, digest="")
    return replace(known, digest=made.sha(made.source(known)))


def profile(commit: CommitSpec | None = COMMIT) -> DeviceProfile:
    known = made.documents(site()).profiles[PLATFORM]
    return replace(
        known, settings={**known.settings, "admin": "cordon"}, session=replace(known.session, commit=commit)
    )


def told(plan: Plan) -> list[tuple[str, dict[str, str]]]:
    return [(each.culprit, dict(each.data)) for each in plan.hazards if each.code == "changes-left-out"]


def documents(**settings: str) -> plans.Documents:
    return replace(made.documents(site(**settings)), profiles={PLATFORM: profile()})


def test_a_fallback_of_another_name_is_told_with_the_devices_of_the_plan() -> None:
    plan = plans.plan_subjects(documents(), ("one",))
    assert told(plan) == [
        ("local", {"username": "local-admin", "accounts": "cordon", "devices": "a", "some": "a"})
    ]
    assert not plan.refusals


@pytest.mark.parametrize("both", ["[ cordon local-admin ]", "cordon,local-admin", "'cordon' \"local-admin\""])
def test_where_the_device_names_both_there_is_nothing_to_tell(both: str) -> None:
    assert told(plans.plan_subjects(documents(admin=both), ("one",))) == []


def test_a_name_that_only_begins_like_it_is_another() -> None:
    found = told(plans.plan_subjects(documents(admin="[ cordon local-admin-2 ]"), ("one",)))
    assert [culprit for culprit, _ in found] == ["local"]


def test_the_first_log_in_is_told_too() -> None:
    found = told(plans.plan_subjects(documents(admin="garde"), ("one",)))
    assert [culprit for culprit, _ in found] == ["local", "net"]


def test_a_check_tells_of_every_device() -> None:
    (hazard,) = account_hazards(site(), {PLATFORM: profile()})
    assert dict(hazard.data)["devices"] == "a, b"


@pytest.mark.parametrize("commit", [None, replace(COMMIT, accounts="")])
def test_where_a_commit_takes_everything_names_do_not_matter(commit: CommitSpec | None) -> None:
    assert account_hazards(site(), {PLATFORM: profile(commit)}) == ()


def test_a_return_is_told_too() -> None:
    standing = made.Site(documents(), [Board("a", {"p1": Port()})])
    standing.cut("one")
    assert [culprit for culprit, _ in told(standing.controller.plan_return(Return(everything=True)))] == [
        "local"
    ]
