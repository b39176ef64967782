"""The session itself: echo and keys, paging and filters, banners, messages, lines.

Facts from Cisco IOS Configuration Fundamentals Configuration Guide, "Using the Cisco IOS Command-Line
Interface" and "Searching and Filtering CLI Output"; Terminal Services Command Reference, "clear line",
"exec-timeout"; System Message Guide, LINK-5-CHANGED, SYS-5-CONFIG_I.
"""

from __future__ import annotations

import paramiko
import pytest

from controller.simulator.process import Simulation
from tests.unit.simulator.console import PASSWORD, Console, Silence


def test_long_output_stops_at_each_screen(console: Console) -> None:
    whole = console.ask("show running-config")
    console.ask("terminal length 24")
    console.type("show running-config")
    first = console.until(" --More-- ")
    assert first.count("\n") == 24  # the echoed line and 23 of the screen
    console.send("\r")
    assert console.until(" --More-- ").count("\n") == 1
    console.send("q")
    console.until("acc-1#")
    console.type("show running-config")
    text = console.until(" --More-- ")
    while " --More-- " in text[-12:]:
        console.send(" ")
        try:
            text += console.until(" --More-- ", seconds=0.3)
        except Silence:
            break
    text += console.until("acc-1#")
    shown = text.replace(" --More-- ", "").replace("\b" * 9 + " " * 8 + "\b" * 9, "")
    assert whole.strip() in shown


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("show running-config | include ^hostname", "hostname acc-1"),
        ("show ip interface brief | exclude unassigned|Status", "Vlan10                 10.0.10.1"),
        ("show running-config | section ^vlan 10", "vlan 10\n name DATA"),
        ("show running-config | count ^vlan", "Number of lines which match regexp = 2"),
        ("show running-config | begin ^end", "end"),
    ],
)
def test_output_is_filtered(console: Console, line: str, wanted: str) -> None:
    assert console.ask(line).strip().partition("       YES")[0] == wanted


def test_keys_edit_the_line(site: Simulation, console: Console) -> None:
    console.type("show clokc\b\bck")
    assert "UTC" in console.until("acc-1#")
    console.send("show nonsense\x15show privilege\n")
    assert "Current privilege level is 15" in console.until("acc-1#")
    console.ask("configure terminal")
    console.ask("interface Gi1/0/1")
    console.send("shutdown\x03")
    console.until("acc-1#")
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "up"
    console.ask("configure terminal")
    console.ask("interface Gi1/0/1")
    console.send("shutdown\x1a")
    console.until("acc-1#")
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "down"


def test_what_is_typed_ahead_is_carried_out_in_order(site: Simulation, console: Console) -> None:
    site.request("latency", device="acc-1", ms=20)
    console.send("configure terminal\ninterface Gi1/0/1\nshutdown\nend\nshow clock\n")
    text = console.until("UTC")
    assert text.index("acc-1(config)#interface") < text.index("acc-1(config-if)#shutdown")
    assert text.index("acc-1(config-if)#end") < text.index("acc-1#show clock")
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "down"


def test_banners_may_look_like_prompts(site: Simulation) -> None:
    site.configure("acc-1", "banner motd ^C*** acc-1# > keep out ***^C")
    with Console(site["acc-1"], enabled=False) as console:
        assert "*** acc-1# > keep out ***" in console.until("acc-1>")


def test_messages_come_to_whoever_monitors(site: Simulation, console: Console) -> None:
    console.ask("terminal monitor")
    site.configure("acc-1", "interface Gi1/0/1", "shutdown")
    text = console.until("changed state to down")
    assert "%LINK-5-CHANGED: Interface GigabitEthernet1/0/1, changed state to administratively down" in text
    assert "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet1/0/1" in text
    console.configure("interface Gi1/0/1", "no shutdown")
    console.ask("show clock")
    assert "%SYS-5-CONFIG_I: Configured from console by cordon on vty0" in console.ask("show logging")


def test_lines_run_out_and_can_be_cleared(site: Simulation, console: Console) -> None:
    site.configure("acc-1", "no line vty 5 15")
    others = [Console(site["acc-1"], enabled=False) for _ in range(4)]
    for each in others:
        each.until("acc-1>")
    with pytest.raises(Exception, match=r"banner|reset|EOF|closed"):
        Console(site["acc-1"])
    assert site.log()[-1]["cause"] == "no-line"
    console.type("clear line vty 1")
    console.until("[confirm]")
    console.send("\r")
    console.until("acc-1#")
    assert others[0].closed()
    with Console(site["acc-1"], enabled=False) as again:
        again.until("acc-1>")
    for each in others:
        each.close()


def test_an_idle_session_ends(site: Simulation) -> None:
    site.configure("acc-1", "line vty 0 15", "exec-timeout 0 1")
    with Console(site["acc-1"], enabled=False) as console:
        console.until("acc-1>")
        assert console.closed()


def test_privileged_users_begin_privileged(site: Simulation) -> None:
    with Console(site["acc-1"], user="boss", enabled=False) as console:
        console.until("acc-1#")


def test_a_single_command_is_answered_unpaged(site: Simulation) -> None:
    address = site["acc-1"]
    transport = paramiko.Transport((address.address, address.port))
    try:
        transport.connect(username="boss", password=PASSWORD)
        channel = transport.open_session()
        channel.exec_command("show running-config")
        text = channel.makefile("r").read().decode()
        assert channel.recv_exit_status() == 0
    finally:
        transport.close()
    assert text.rstrip().endswith("end")
    assert "More" not in text
