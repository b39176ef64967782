"""What devices offer beside their command line: eAPI over HTTPS, NETCONF as a subsystem."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from typing import Any

import paramiko
import pytest

from controller.simulator.process import Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec

PASSWORD, ENABLE = "let-me-in", "more-please"


@pytest.fixture(scope="module")
def site() -> Iterator[Simulation]:
    users = {"cordon": Account(PASSWORD)}
    specs = [
        DeviceSpec("eos", platform="arista_eos", users=users, enable=ENABLE, api=True),
        DeviceSpec("junos", platform="juniper_junos", users=users),
        DeviceSpec("ios", users=users),
    ]
    with simulate(specs) as running:
        yield running


def posted(
    site: Simulation, *commands: Any, form: str = "json", password: str = PASSWORD, method: str = "runCmds"
) -> tuple[int, Any]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    call = {"version": 1, "cmds": list(commands), "format": form}
    body = json.dumps({"jsonrpc": "2.0", "method": method, "params": call, "id": "1"})
    known = base64.b64encode(f"cordon:{password}".encode()).decode()
    connection = HTTPSConnection("127.0.0.1", site["eos"].api, context=context, timeout=20)
    try:
        connection.request("POST", "/command-api", body, {"Authorization": f"Basic {known}"})
        answer = connection.getresponse()
        said = answer.read()
        return answer.status, json.loads(said) if answer.status == 200 else said
    finally:
        connection.close()


def test_eapi_wants_a_login_with_every_request(site: Simulation) -> None:
    assert posted(site, "show version", password="wrong")[0] == 401


def test_eapi_begins_in_exec_mode_and_answers_as_models_or_as_text(site: Simulation) -> None:
    _, answer = posted(site, "show version")
    assert answer["result"][0]["internalVersion"].endswith("CORDON-SIMULATED")
    _, answer = posted(site, "show version", form="text")
    assert "Software image version" in answer["result"][0]["output"]
    _, answer = posted(site, "show running-config")
    assert answer["error"]["code"] == 1002
    enable = {"cmd": "enable", "input": ENABLE}
    _, answer = posted(site, enable, "show running-config")
    assert answer["error"]["code"] == 1003
    _, answer = posted(site, enable, "show running-config", form="text")
    assert "interface Ethernet1" in answer["result"][1]["output"]


def test_the_first_command_that_fails_ends_the_request(site: Simulation) -> None:
    enable = {"cmd": "enable", "input": ENABLE}
    lines = ["configure session one", "interface Ethernet1", "shutdwon", "shutdown"]
    _, answer = posted(site, enable, *lines)
    assert answer["error"]["code"] == 1002
    assert answer["error"]["message"] == "CLI command 4 of 5 'shutdwon' failed: invalid command"
    assert len(answer["error"]["data"]) == 4
    assert "shutdown" not in site.lines("eos")
    assert site.interface("eos", "Ethernet1")["admin"] == "up"
    _, answer = posted(site, enable, "show configuration sessions")
    assert {name: each["state"] for name, each in answer["result"][1]["sessions"].items()} == {
        "one": "pending"
    }


def test_eapi_knows_one_method(site: Simulation) -> None:
    assert posted(site, "show version", method="runAll")[1]["error"]["code"] == -32601


END = "]]>]]>"


@contextmanager
def netconf(site: Simulation, device: str) -> Iterator[paramiko.Channel]:
    at = site[device]
    client = paramiko.SSHClient()
    key = paramiko.Ed25519Key(data=base64.b64decode(at.host_key.split()[1]))
    client.get_host_keys().add(f"[{at.address}]:{at.port}", "ssh-ed25519", key)
    client.connect(at.address, at.port, "cordon", PASSWORD, allow_agent=False, look_for_keys=False)
    try:
        channel = client.get_transport().open_session()
        channel.settimeout(20)
        channel.invoke_subsystem("netconf")
        yield channel
    finally:
        client.close()


def asked(channel: paramiko.Channel, operation: str) -> str:
    channel.sendall(f'<rpc message-id="7">{operation}</rpc>{END}'.encode())
    return received(channel)


def received(channel: paramiko.Channel) -> str:
    said = ""
    while END not in said:
        data = channel.recv(4096).decode()
        assert data, "the session ended"
        said += data
    return said


def test_netconf_greets_locks_edits_and_lets_go(site: Simulation) -> None:
    with netconf(site, "junos") as channel:
        assert "confirmed-commit:1.0" in received(channel)
        assert "<ok/>" in asked(channel, "<lock-configuration/>")
        line = "set interfaces ge-0/0/1 disable"
        loaded = f'<load-configuration action="set"><configuration-set>{line}</configuration-set>'
        assert "<ok/>" in asked(channel, f"{loaded}</load-configuration>")
        compare = '<get-configuration compare="rollback" rollback="0" format="text"/>'
        assert "          disable;" in asked(channel, compare)
        with netconf(site, "junos") as other:
            received(other)
            refused = asked(other, "<lock-configuration/>")
            assert "<error-severity>error</error-severity>" in refused
            assert "configuration database locked by:" in refused
        assert site.state("junos")["pending"] == [""]
        assert 'message-id="7"' in asked(channel, "<close-session/>")
    site.wait(device="junos", event="closed", timeout=20)
    assert (site.state("junos")["pending"], site.state("junos")["editing"]) == ([], {})


def test_what_is_no_operation_of_junos_is_refused(site: Simulation) -> None:
    with netconf(site, "junos") as channel:
        received(channel)
        assert "operation-not-supported" in asked(channel, "<edit-config/>")
        assert "unknown-element" in asked(channel, "<commit-configuration><later/></commit-configuration>")
        wrong = "<configuration-set>shut ge-0/0/1</configuration-set>"
        assert "unknown command" in asked(
            channel, f'<load-configuration action="set">{wrong}</load-configuration>'
        )


def test_a_device_without_it_has_no_such_subsystem(site: Simulation) -> None:
    with pytest.raises(paramiko.SSHException), netconf(site, "ios"):
        pass
