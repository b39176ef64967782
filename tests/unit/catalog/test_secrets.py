"""A secret written where a reference belongs is refused and never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.catalog.inventory import inventory_from_text
from controller.domain.errors import InvalidInput
from tests.unit.catalog.sample import INVENTORY, switch_profiles

REFERENCE = "{env: CORDON_NET}"
PROFILES = switch_profiles()


def refused(written: str) -> InvalidInput:
    text = INVENTORY.replace(REFERENCE, written)
    with pytest.raises(InvalidInput) as caught:
        inventory_from_text(text, "i.yaml", PROFILES)
    return caught.value


@pytest.mark.parametrize(
    "written",
    [
        "S3cr3tOfTheNight",
        "'S3cr3tOfTheNight'",
        "{S3cr3tOfTheNight}",
        "{plain: S3cr3tOfTheNight}",
        "{value: {S3cr3tOfTheNight: 1}}",
        "[S3cr3tOfTheNight]",
        "{env: S3cr3tOfTheNight!}",
        "{env: [S3cr3tOfTheNight]}",
        "!S3cr3tOfTheNight",
        "&S3cr3tOfTheNight",
        "*S3cr3tOfTheNight",
        "!S3cr3tOfTheNight x",
        "@S3cr3tOfTheNight",
        "%S3cr3tOfTheNight",
        "S3cr3tOfTheNight: x",
        "'S3cr3tOfTheNight' x",
        "{S3cr3tOfTheNight: 1, S3cr3tOfTheNight: 2}",
        "|\n  S3cr3tOfTheNight",
        '"S3cr3tOfTheNight\\q"',
    ],
)
def test_no_way_of_writing_a_secret_repeats_it(written: str) -> None:
    error = refused(written)
    assert "S3cr3t" not in repr(error.problems)
    assert "S3cr3t" not in str(error)


# Not within flow brackets or quotes of its own making: the secret as a whole must not come back.
awkward = st.text(alphabet="abcXYZ0189!&*%@:#|>-{}[],'\"? ~", min_size=12, max_size=24)


@given(secret=awkward)
def test_a_secret_of_any_characters_is_not_repeated(secret: str) -> None:
    text = INVENTORY.replace(REFERENCE, secret)
    try:
        inventory_from_text(text, "i.yaml", PROFILES)
    except InvalidInput as error:
        shown = [value for problem in error.problems for _, value in problem.data]
        assert not any(secret.strip() in value for value in shown if secret.strip())
