"""Lines rendered, answers understood: a state is read whole or not at all, and garbage proves nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.profile.points import MethodSpec, PointSpec, RestoreClause
from controller.domain.profile.reading import Each, Read, RegexParse, TableParse
from controller.domain.proof import Proof
from controller.domain.template import Template
from controller.engine.points.reading import judge, port_names, read_state
from controller.engine.points.renderer import (
    PointContext,
    isolation,
    point_context,
    read_commands,
    restoration,
)
from tests.fakes.board import board_profile, lines, values
from tests.fakes.site import device, gate, policy, port

NAMES = {"GigabitEthernet": ("Gi", "GigE"), "Port-channel": ("Po",), "Vlan": ("Vl",)}
PROFILE = replace(board_profile(), names=NAMES)


def context(point: Point, *prefixes: str) -> PointContext:
    made = point_context(point, ("s",), prefixes, device("a"), PROFILE)
    assert made is not None
    return made


# --- rendering ------------------------------------------------------------------------------------------


def test_a_line_is_repeated_per_prefix_of_its_family() -> None:
    made = isolation(context(policy("a", "s"), "10.0.0.0/8", "2001:db8::/32", "10.9.0.0/16"), Method.POLICY)
    assert made is not None
    assert made.commands == ("set s add 10.0.0.0/8", "set s add 10.9.0.0/16", "set s add 2001:db8::/32")


def test_a_method_the_profile_does_not_offer_is_none() -> None:
    assert isolation(context(port("a", "p1")), Method.ACL) is None
    assert point_context(Point(PointId("a", "x"), PointKind.SSID), (), (), device("a"), PROFILE) is None


def test_a_devices_own_setting_comes_before_its_profiles() -> None:
    own = point_context(port("a", "p1"), (), (), device("a", settings={"quarantine_vlan": "4000"}), PROFILE)
    assert own is not None
    assert isolation(own, Method.VLAN).commands == ("port p1 pvid 4000",)  # type: ignore[union-attr]  # the method is offered


def test_a_points_name_may_say_where_it_is() -> None:
    """Before a setting of that name; and a name that is like none there is no point."""
    spec = PointSpec(
        PointKind.POLICY,
        (
            Read(
                Template.parse("show ${interface} of ${vdom}"),
                (RegexParse(Template.parse("^${vdom}: (?P<on>.+)$")),),
            ),
        ),
        ("on",),
        (),
        {},
        object=re.compile(r"(?P<vdom>[\w.]+)/(?P<interface>\d+)"),
    )
    profile = replace(PROFILE, points={(PointKind.POLICY, False): spec}, settings={"vdom": "root"})
    made = point_context(Point(PointId("a", "w.1/7"), PointKind.POLICY), (), (), device("a"), profile)
    assert made is not None
    assert read_commands(made) == ("show 7 of w.1",)
    assert read_state(made, {"show 7 of w.1": "w.1: yes"}) == {"on": "yes"}
    assert read_state(made, {"show 7 of w.1": "wx1: yes"}) is None
    assert point_context(Point(PointId("a", "7"), PointKind.POLICY), (), (), device("a"), profile) is None


def test_a_name_nobody_defined_is_an_error_and_no_hole_in_a_line() -> None:
    unset = replace(PROFILE, settings={})
    made = point_context(port("a", "p1"), (), (), device("a"), unset)
    assert made is not None
    with pytest.raises(KeyError):
        isolation(made, Method.VLAN)


def test_a_restore_undoes_every_method_last_first_and_leaves_shut_what_was_shut() -> None:
    made = context(port("a", "p1"))
    both = (Method.SHUTDOWN, Method.VLAN, Method.SHUTDOWN)
    back = restoration(made, both, {"admin": "up", "pvid": "10", "link": "up"})
    assert back.commands == ("port p1 pvid 10", "port p1 up")
    assert back.expect == {"admin": ("up",), "pvid": ("10",)}
    shut = restoration(made, both, {"admin": "down", "pvid": "10", "link": "down"})
    assert shut.commands == ("port p1 pvid 10",)
    assert shut.expect["admin"] == ("down",)


def test_two_methods_undone_in_one_block_keep_the_lines_that_lead_to_their_place() -> None:
    """A line that appears twice is not superfluous: ``exit`` leaves, and the second ``interface`` returns."""

    def spec(isolate: str, back: str) -> MethodSpec:
        clause = RestoreClause(lines("interface ${interface}", back, "exit"))
        return MethodSpec(lines("interface ${interface}", isolate, "exit"), values(admin="down"), (clause,))

    old = PROFILE.points[PointKind.INTERFACE, False]
    methods = {Method.SHUTDOWN: spec("shut", "open"), Method.VLAN: spec("away", "home")}
    profile = replace(PROFILE, points={(PointKind.INTERFACE, False): replace(old, methods=methods)})
    made = point_context(port("a", "p1"), (), (), device("a"), profile)
    assert made is not None
    back = restoration(made, tuple(methods), {"admin": "up", "pvid": "10", "link": "up"})
    assert back.commands == ("interface p1", "home", "exit", "interface p1", "open", "exit")


# --- reading --------------------------------------------------------------------------------------------

PORT = "port p1 admin down link down pvid 10 end"


def read(made: PointContext, *answers: str) -> dict[str, str] | None:
    found = read_state(made, dict(zip(read_commands(made), answers, strict=True)))
    return None if found is None else dict(found)


def test_a_state_is_read_and_judged() -> None:
    made = context(port("a", "p1"))
    assert read(made, PORT) == {"admin": "down", "link": "down", "pvid": "10"}
    wanted = isolation(made, Method.SHUTDOWN)
    assert wanted is not None
    assert judge(wanted.expect, read(made, PORT)) is Proof.CONFIRMED
    assert judge(wanted.expect, read(made, PORT.replace("link down", "link up"))) is Proof.CONTRADICTED


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "\n",
        "% refused",
        "#!?~",
        "port p10 admin down link down pvid 10 end",
        PORT + "\n% refused",
        "a p1",
    ],
)
def test_what_is_not_understood_is_unknown(answer: str) -> None:
    made = context(port("a", "p1"))
    assert read(made, answer) is None
    assert judge({"admin": ("down",)}, None) is Proof.UNKNOWN


def test_an_answer_not_given_is_unknown() -> None:
    made = context(port("a", "p1", 20, tagged=True))
    assert read_state(made, {"show port p1": PORT}) is None


def test_nothing_wanted_confirms_nothing() -> None:
    assert judge({}, {"admin": "down"}) is Proof.UNKNOWN


def test_an_absence_counts_only_in_an_answer_known_as_one() -> None:
    made = context(port("a", "p1", 20, tagged=True))
    port_state = {"admin": "down", "link": "down", "pvid": "10"}
    assert read(made, PORT, "trunk p1 vlans 10 99 end") == {**port_state, "carried": "no"}
    assert read(made, PORT, "trunk p1 vlans 10 20 end") == {**port_state, "carried": "yes"}
    for garbage in ("", "end", "trunk p2 vlans 10 end", "trunk p1 vlans 10 9", "trunk p1 vlans"):
        assert read(made, PORT, garbage) is None


def test_prefixes_on_which_the_answer_differs_are_partial_and_none_where_there_is_none() -> None:
    made = context(policy("a", "s"), "10.0.0.0/8", "10.9.0.0/16")
    one = read(made, "set s begin\n10.0.0.0/8\nset s end") or {}
    assert (one["listed"], one["in4"], one["in6"]) == ("yes", "partial", "none")
    both = read(made, "set s begin\n10.0.0.0/8\n10.9.0.0/16\nset s end") or {}
    assert (both["listed"], both["in4"], both["in6"]) == ("yes", "yes", "none")


def test_a_list_is_all_that_touches_the_network_in_order_and_only_of_a_whole_answer() -> None:
    made = context(policy("a", "s"), "10.9.0.0/16")
    answer = "set s begin\n10.9.0.0/16>192.0.2.7\n10.9.0.0/16>10.1.0.0/24\n10.8.0.0/16>192.0.2.1\nset s end"
    assert (read(made, answer) or {})["to4"] == "10.1.0.0/24,192.0.2.7"
    wider = answer.replace("10.8.0.0/16", "10.0.0.0/8")
    assert (read(made, wider) or {})["to4"] == "10.0.0.0/8:192.0.2.1,10.1.0.0/24,192.0.2.7"
    assert (read(made, "set s begin\nset s end") or {})["to4"] == "none"
    assert read(made, answer.removesuffix("\nset s end")) is None


@pytest.mark.parametrize(
    ("name", "listed", "found"),
    [
        ("1/1/4", "1/1/4", "yes"),
        ("1/1/4", "1/1/1-8", "yes"),
        ("1/1/4", "1/1/1-2 1/1/4-5", "yes"),
        ("1/1/4", "1/1/5-8", "no"),
        ("1/1/4", "1/1/40-48", "no"),
        ("1/1/4", "2/1/1-8 1/2/4 11/1/4", "no"),
        ("7", "5-8", "yes"),
        ("7", "17,70-77", "no"),
        ("Po7", "5-8", None),
    ],
)
def test_a_port_is_looked_for_in_a_list_by_its_last_number(name: str, listed: str, found: str | None) -> None:
    asking = {"in_it": Template.parse("${interface}")}
    parse = RegexParse(Template.parse("has (?P<in_it>.*)"), within=asking)
    asked = context(port("a", name))
    spec = replace(
        asked.spec, config=("in_it",), observed=(), reads=(Read(Template.parse("show"), (parse,)),)
    )
    state = read_state(replace(asked, spec=spec), {"show": f"has {listed}"})
    assert state == (None if found is None else {"in_it": found})


def test_a_prefix_is_no_pattern() -> None:
    made = context(policy("a", "s"), "10.0.0.0/8")
    found = read(made, "set s begin\n10a0b0c0/8\nset s end")
    assert found is not None
    assert found["in4"] == "no"


CUT = [
    (port("a", "p1"), Method.SHUTDOWN, (PORT,)),
    (port("a", "p1"), Method.VLAN, ("port p1 admin up link up pvid 999 end",)),
    (port("a", "p1", 20, tagged=True), Method.VLAN, (PORT, "trunk p1 vlans 10 99 end")),
    (policy("a", "s"), Method.POLICY, ("set s begin\n10.0.0.0/8\n2001:db8::/32\nset s end",)),
    (gate("a", "wan"), Method.TUNNEL, ("set wan begin\nall\nset wan end",)),
]


@pytest.mark.parametrize(("point", "method", "answers"), CUT, ids=[str(number) for number in range(len(CUT))])
def test_no_truncated_answer_is_ever_confirmed(
    point: Point, method: Method, answers: tuple[str, ...]
) -> None:
    made = context(point, "10.0.0.0/8", "2001:db8::/32")
    wanted = isolation(made, method)
    assert wanted is not None
    assert judge(wanted.expect, read(made, *answers)) is Proof.CONFIRMED
    for which, answer in enumerate(answers):
        for length in range(len(answer)):
            cut = [*answers]
            cut[which] = answer[:length]
            assert judge(wanted.expect, read(made, *cut)) is not Proof.CONFIRMED, cut


@given(st.sampled_from(CUT), st.data())
@settings(max_examples=150)
def test_no_garbage_is_ever_confirmed(
    case: tuple[Point, Method, tuple[str, ...]], data: st.DataObject
) -> None:
    """Any text at all, and pieces of true answers in any order."""
    point, method, answers = case
    made = context(point, "10.0.0.0/8", "2001:db8::/32")
    wanted = isolation(made, method)
    assert wanted is not None
    words = sorted({word for answer in answers for word in re.findall(r"\S+|\s", answer)})
    garbage = tuple(
        data.draw(st.text(max_size=30) | st.lists(st.sampled_from(words), max_size=6).map("".join))
        for _ in answers
    )
    assert judge(wanted.expect, read(made, *garbage)) is not Proof.CONFIRMED


# --- names of ports -------------------------------------------------------------------------------------


def test_the_forms_of_a_ports_name() -> None:
    assert port_names("GigabitEthernet1/0/1", NAMES) == ("GigabitEthernet1/0/1", "Gi1/0/1", "GigE1/0/1")
    assert port_names("Gi1/0/1", NAMES) == ("Gi1/0/1", "GigabitEthernet1/0/1", "GigE1/0/1")
    assert port_names("Giant", NAMES) == ("Giant",)
    assert port_names("TenGigabitEthernet1/0/1", NAMES) == ("TenGigabitEthernet1/0/1",)
    assert port_names("Vlan110", NAMES) == ("Vlan110", "Vl110")


def _by_line(pattern: str) -> PointContext:
    """A point read by a pattern that says nothing about where the name ends."""
    spec = PointSpec(
        kind=PointKind.INTERFACE,
        reads=(Read(Template.parse("show"), (RegexParse(Template.parse(pattern)),)),),
        config=("admin",),
        observed=(),
        methods={},
    )
    profile = replace(PROFILE, points={(PointKind.INTERFACE, False): spec})
    made = point_context(port("a", "GigabitEthernet1/0/1"), (), (), device("a"), profile)
    assert made is not None
    return made


@pytest.mark.parametrize("pattern", [r"^${interface} is (?P<admin>\w+)", r"${interface}.* (?P<admin>\w+)$"])
@pytest.mark.parametrize("name", ["GigabitEthernet1/0/1", "Gi1/0/1"])
def test_a_port_is_found_by_any_form_of_its_name(pattern: str, name: str) -> None:
    assert read(_by_line(pattern), f"{name} is down") == {"admin": "down"}


@pytest.mark.parametrize("pattern", [r"^${interface} is (?P<admin>\w+)", r"${interface}.* (?P<admin>\w+)$"])
@pytest.mark.parametrize(
    "name",
    [
        "GigabitEthernet1/0/10",
        "Gi1/0/10",
        "Gi1/0/1.100",
        "Gi1/0/1/2",
        "GigabitEthernet2/0/1",
        "Gi2/0/1",
        "TwoGigabitEthernet1/0/1",
        "GigabitEthernet11/0/1",
    ],
)
def test_another_port_is_never_taken_for_it(pattern: str, name: str) -> None:
    assert read(_by_line(pattern), f"{name} is down") is None


def test_a_row_of_a_table_is_found_by_any_form_of_the_name_and_only_once() -> None:
    table = TableParse(
        template="cisco_ios_show_interfaces_status",
        row={"PORT": Template.parse("${interface}")},
        fields={"admin": "STATUS"},
        values={"admin": {"disabled": "down"}},
    )
    spec = replace(PROFILE.points[PointKind.INTERFACE, False], config=("admin",), observed=())
    spec = replace(spec, reads=(Read(Template.parse("show interfaces status"), (table,)),))
    profile = replace(PROFILE, points={(PointKind.INTERFACE, False): spec})
    made = point_context(port("a", "GigabitEthernet1/0/1"), (), (), device("a"), profile)
    assert made is not None
    head = "Port      Name               Status       Vlan       Duplex  Speed Type\n"
    one = "Gi1/0/1   er                 disabled     110          auto   auto 10/100/1000BaseTX\n"
    ten = "Gi1/0/10  lab                connected    120        a-full a-1000 10/100/1000BaseTX\n"
    assert read(made, head + one + ten) == {"admin": "down"}
    for answer in (head + ten, head, "", head + one + one, "garbage\n" + one[:20]):
        assert read(made, answer) is None


def test_families_of_prefixes_do_not_mix() -> None:
    made = context(policy("a", "s"), "10.0.0.0/8", "2001:db8::/32")
    assert made.prefixes == {Each.PREFIX4: ("10.0.0.0/8",), Each.PREFIX6: ("2001:db8::/32",)}
