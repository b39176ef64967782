"""Each fault, as the one who is connected sees it and as the device's own log tells it."""

from __future__ import annotations

import socket
import time

import paramiko
import pytest

from controller.simulator.process import Address, Simulation, SimulatorFailed
from tests.unit.simulator.console import PASSWORD, USER, Console, Silence

PORT = "GigabitEthernet1/0/1"


def enter(console: Console) -> None:
    console.ask("configure terminal")
    console.ask("interface Gi1/0/1")


def results(site: Simulation, line: str) -> list[str]:
    return [each["result"] for each in site.log(device="acc-1") if each.get("line") == line]


def test_a_line_is_taken_and_never_answered_until_the_fault_is_cleared(
    site: Simulation, console: Console
) -> None:
    site.fault("acc-1", "hang", on="^shutdown$")
    enter(console)
    console.type("shutdown")
    assert site.wait(device="acc-1", line="^shutdown$")["result"] == "hung"
    with pytest.raises(Silence):
        console.until("#", seconds=0.3)
    assert site.interface("acc-1", PORT)["admin"] == "up"
    site.clear("acc-1")
    console.until("acc-1(config-if)#")


def test_a_hang_may_come_after_the_change(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "hang", nth=1, applied=True)
    enter(console)
    console.type("shutdown")
    site.wait(device="acc-1", line="^shutdown$")
    assert site.interface("acc-1", PORT)["admin"] == "down"


def test_a_hang_before_the_log_in_is_over(site: Simulation) -> None:
    site.fault("acc-1", "hang", at="tcp")
    with socket.create_connection(("127.0.0.1", site["acc-1"].port), 5) as connection:
        site.wait(device="acc-1", event="hung")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    site.fault("acc-1", "hang", at="shell")
    with Console(site["acc-1"], enabled=False) as console, pytest.raises(Silence):
        console.until(">", seconds=0.3)


def test_a_log_in_is_never_answered(site: Simulation) -> None:
    site.fault("acc-1", "hang", at="auth")
    transport = paramiko.Transport(("127.0.0.1", site["acc-1"].port))
    transport.auth_timeout = 0.5
    try:
        with pytest.raises(paramiko.SSHException):
            transport.connect(username=USER, password=PASSWORD)
    finally:
        transport.close()
    assert site.wait(device="acc-1", event="hung")["at"] == "auth"


def test_the_connection_breaks_before_the_line_takes_effect(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "drop_mid_command", nth=1)
    enter(console)
    console.type("shutdown")
    assert console.closed()
    assert site.interface("acc-1", PORT)["admin"] == "up"
    assert results(site, "shutdown") == ["dropped-before"]


def test_the_connection_breaks_after_the_change_before_the_answer(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "drop_after_change", nth=2)
    enter(console)
    assert console.ask("description one") == ""
    console.type("shutdown")
    assert console.closed()
    assert site.interface("acc-1", PORT)["admin"] == "down"
    assert site.interface("acc-1", PORT)["description"] == "one"


def test_accepted_but_ignored(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "ignore", on="shutdown")
    before = site.running("acc-1")
    assert console.configure("interface Gi1/0/1", "shutdown") == ["", ""]
    assert site.running("acc-1") == before
    assert results(site, "shutdown") == ["ignored"]


def test_a_command_refused_by_authorisation(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "reject", on="^shutdown$", times=1)
    answers = console.configure("interface Gi1/0/1", "shutdown", "shutdown")
    assert answers[1:] == ["Command authorization failed.\n", ""]
    assert results(site, "shutdown") == ["unauthorized", "ok"]


def test_the_port_is_closed_and_opens_again_as_the_same(site: Simulation) -> None:
    site.fault("acc-1", "refuse")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", site["acc-1"].port), 5)
    site.clear("acc-1")
    Console(site["acc-1"]).close()


def test_every_password_is_wrong_and_too_many_make_the_device_quiet(site: Simulation) -> None:
    site.fault("acc-1", "wrong_password")
    with pytest.raises(paramiko.AuthenticationException):
        Console(site["acc-1"])
    site.clear("acc-1")
    site.configure("acc-1", "login block-for 100 attempts 2 within 60")
    for _ in range(2):
        with pytest.raises(paramiko.SSHException):
            Console(site["acc-1"], password="guess")
    assert [each for each in site.log() if each["event"] == "quiet-mode"]
    with pytest.raises((paramiko.SSHException, EOFError, ConnectionError)):
        Console(site["acc-1"])
    assert site.log()[-1]["cause"] == "quiet-mode"
    site.clear("acc-1")
    Console(site["acc-1"]).close()


def test_a_slow_log_in_and_a_slow_prompt_come_late(site: Simulation) -> None:
    site.fault("acc-1", "slow_login", seconds=0.4)
    site.fault("acc-1", "slow_prompt", seconds=0.2)
    began = time.monotonic()
    with Console(site["acc-1"]) as console:
        assert time.monotonic() - began > 0.4
        began = time.monotonic()
        console.ask("show clock")
        assert time.monotonic() - began > 0.2


def test_only_one_line_is_left(site: Simulation) -> None:
    site.fault("acc-1", "one_line_left")
    with Console(site["acc-1"]), pytest.raises((paramiko.SSHException, EOFError, ConnectionError)):
        Console(site["acc-1"])


def test_another_host_key_and_back(site: Simulation) -> None:
    site.fault("acc-1", "changed_host_key")
    with pytest.raises(paramiko.BadHostKeyException):
        Console(site["acc-1"])
    site.clear("acc-1")
    Console(site["acc-1"]).close()


def test_the_prompt_changes_in_the_middle(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "changing_prompt", on="^show clock$", name="someone-else", times=1)
    console.type("show clock")
    console.until("someone-else#")


def test_messages_in_echo_and_output(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "syslog_noise")
    console.type("show vlan brief")
    text = console.until("1005 trnet-default")
    echo, rest = text.split("VLAN Name", 1)
    assert "show vlan brief" not in echo
    assert "%LINK-3-UPDOWN" in echo
    assert "%LINK-3-UPDOWN" in rest


def test_messages_once_in_one_output(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "syslog_noise", where="output", times=1)
    assert "%LINK-3-UPDOWN" in console.ask("show vlan brief")
    assert "%LINK-3-UPDOWN" not in console.ask("show vlan brief")


def test_paging_although_it_was_switched_off(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "more", lines=5)
    console.type("show vlan brief")
    assert console.until(" --More-- ").count("\n") == 5
    console.send("q")
    console.until("acc-1#")


def test_an_answer_comes_late_and_the_change_at_once(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "late", on="^shutdown$", seconds=40)
    enter(console)
    console.type("shutdown")
    site.wait(device="acc-1", line="^shutdown$")
    assert site.interface("acc-1", PORT)["admin"] == "down"
    with pytest.raises(Silence):
        console.until("#", seconds=0.3)
    site.clear("acc-1", "late")
    console.until("acc-1(config-if)#")


def test_nothing_more_is_read(site: Simulation, console: Console) -> None:
    site.fault("acc-1", "stop_reading", on="^show clock$")
    console.type("show clock")
    site.wait(device="acc-1", line="^show clock$")
    since = site.log()[-1]["seq"]
    console.send("show version\n")
    with pytest.raises(Silence):
        console.until("acc-1#", seconds=0.3)
    assert site.lines("acc-1", since) == []
    site.clear("acc-1")
    console.until("CORDON-SIMULATED")


def test_keys_are_renegotiated_during_the_session(site: Simulation) -> None:
    site.fault("acc-1", "rekey", bytes=2000)
    with Console(site["acc-1"]) as console:
        whole, first = console.ask("show running-config"), console.exchange
        assert [console.ask("show running-config") for _ in range(5)] == [whole] * 5
        assert console.exchange != first
    site.clear("acc-1")
    with Console(site["acc-1"]) as console:
        first = console.exchange
        console.ask("show running-config")
        assert console.exchange == first


def test_it_reloads_and_reverts_by_itself(site: Simulation, console: Console) -> None:
    before = site.running("acc-1")
    site.fault("acc-1", "revert_by_itself", nth=1)
    console.configure("interface Gi1/0/1", "shutdown")
    changed = site.wait(device="acc-1", event="revert")["changed"]
    assert [each["object"] for each in changed] == [f"interface {PORT}"]
    assert site.running("acc-1") == before
    site.clear("acc-1")
    site.fault("acc-1", "reload_by_itself")
    assert console.closed()
    assert site.wait(device="acc-1", event="reload")["cause"] == "by itself"
    site.wait(device="acc-1", event="booted")
    Console(site["acc-1"]).close()


def test_lines_received_before_a_reload_are_not_carried_out_after_it(
    site: Simulation, console: Console
) -> None:
    before = site.running("acc-1")
    site.fault("acc-1", "reload_by_itself", on="^interface")
    console.ask("configure terminal")
    console.send("interface Gi1/0/1\n" + "shutdown\n" * 20)
    assert console.closed()
    site.wait(device="acc-1", event="booted")
    assert site.running("acc-1") == before
    assert results(site, "shutdown") == []


def test_a_fault_nobody_knows_is_refused(site: Simulation) -> None:
    with pytest.raises(SimulatorFailed, match="no fault 'sulk'"):
        site.fault("acc-1", "sulk")


def test_old_switches_speak_old_algorithms_only(site: Simulation) -> None:
    address: Address = site["old-1"]
    transport = paramiko.Transport((address.address, address.port))
    try:
        transport.connect(username=USER, password=PASSWORD)
        key = transport.get_remote_server_key()
        assert f"{key.get_name()} {key.get_base64()}" == address.host_key
        assert transport.local_cipher.endswith("-cbc")
        assert transport.local_mac == "hmac-sha1"
    finally:
        transport.close()


def test_an_entry_goes_into_a_list_that_was_never_made(site: Simulation, console: Console) -> None:
    """Ignored or not, the command changes the mode, and the entry makes the list."""
    site.fault("acc-1", "ignore", on="^ip access-list")
    console.configure("ip access-list extended LOST", "deny ip any any")
    assert site.state("acc-1")["lists"] == {"ip LOST": ["10 deny ip any any"]}
