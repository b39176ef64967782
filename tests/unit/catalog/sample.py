"""Small sound files of each kind, and planting one mistake in them at a marked place."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from controller.catalog.profiles import Profiles, profile_from_text
from controller.domain.errors import InvalidInput, Problem

MARK = "¶"
"""Stands right before the place a problem must name; taken out before the text is read."""

SWITCH = r"""format: 1
platform: switch
sources: [Handbook of a switch that does not exist]
settings: {quarantine_vlan: 999}
session:
  netmiko: cisco_ios
  enable: true
  enter: [configure]
  leave: [end]
  errors: ['^% .+']
  settle: 500
  noise: ['\d\d:\d\d:\d\d %LOG .+']
  echo: false
save:
  {send: [write], running: show running, startup: show startup, ignore: ['^! '], lasting: [vlan],
   answers: [{asked: 'Sure\? $'}, {asked: 'Name: $', reply: startup}]}
probes:
  icmp: {send: 'ping ${address}', answered: '!!!'}
tables: {mac: ['show addresses of vlan ${quarantine_vlan}'], arp: [show arp, {send: show neighbours}]}
names: {GigabitEthernet: [Gi, GigE], Vlan: [Vl]}
version: {send: show version, version: 'Release (\S+)', model: 'Model (\S+)'}
tested: simulated
discover:
  macs: [{send: show hosts, rows: '^(?P<port>\S+) (?P<mac>\S+)$'}]
  addresses:
    - {send: show arp, textfsm: cisco_ios_show_ip_arp, fields: {address: IP_ADDRESS, mac: MAC_ADDRESS}}
points:
  interface:
    config: [admin, vlan]
    observed: [link]
    read:
      - send: show port ${interface}
        parse:
          - regex: '^admin (?P<admin>\w+) link (?P<link>\w+)$'
            values: {admin: {enabled: up, disabled: down}}
          - regex: '^no entry for vlan ${vlan}$'
            given: '^port ${interface}'
            matched: {vlan: none}
            otherwise: {vlan: '1'}
    methods:
      shutdown:
        isolate: ['interface ${interface}', shutdown]
        isolated: {admin: down, link: [down, notconnect]}
        restore:
          - when: {admin: up}
            send: ['interface ${interface}', no shutdown]
      vlan:
        isolate: ['vlan ${quarantine_vlan} on ${interface}']
        isolated: {vlan: '${quarantine_vlan}'}
        restore:
          - send: ['vlan ${was.vlan} on ${interface}']
  tagged_interface:
    config: [allowed]
    read:
      - send: show trunk ${interface}
        parse:
          - regex: '^allowed (?P<allowed>\d+)$'
    methods:
      vlan:
        isolate: [remove]
        isolated: {allowed: '0'}
        restore: [{send: [add]}]
  svi:
    config: [cut4]
    read:
      - send: show list
        parse:
          - regex: '^deny ${prefix}$'
            each: prefixes4
            given: '^list'
            matched: {cut4: cut}
            otherwise: {cut4: open}
    methods:
      acl:
        isolate: [{send: 'deny ${prefix}', each: prefixes4}]
        isolated: {cut4: [cut, none]}
        restore: [{send: [{send: 'no deny ${prefix}', each: prefixes4}]}]
        spares_keep_alive: true
"""

INVENTORY = """format: 1
site: ch-sample
controller:
  attached_to: [core-1, Gi1/0/48]
  consoles: [{device: acc-1, interface: Gi1/0/40}]
  rests_on: {hypervisor: [core-1, Gi1/0/20], directory: core-services}
credentials:
  net: {username: cordon, password: {env: CORDON_NET}, enable: {file: /etc/cordon/enable}, fallback: local}
  local: {username: local, key: {vault: local-key}}
devices:
  core-1:
    platform: switch
    role: core
    paths: [{ssh: 10.0.0.1}]
    credentials: net
    ha: {peer: core-2, synced: false}
  core-2:
    platform: switch
    role: core
    paths: [{ssh: 10.0.0.2}]
    credentials: net
    ha: {peer: core-1}
  acc-1:
    platform: switch
    role: access
    paths: [{ssh: "2001:db8::21"}, {ssh: 10.0.0.21, port: 2222}]
    credentials: net
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f someone
    management: inband
    location: {building: 3, rack: R2}
    canary: {interface: Gi1/0/47}
    legacy_ssh: true
    managed_by: dna-center
    settings: {quarantine_vlan: 998}
  box-4g: {platform: manual, role: wan}
links:
  - {ends: [[core-1, Gi1/0/1], [acc-1, Gi1/0/49]], kind: data}
  - {ends: [[core-1, Gi1/0/2], [core-2, Gi1/0/2]], kind: peer-link}
hypervisors:
  esx-1: {ports: [[core-1, Gi1/0/20], [core-2, Gi1/0/20]]}
segments:
  core-services:
    title: Core
    priority: 1
    role: core
    prefixes: [10.10.0.0/24]
    ipv6: none
    gateways: [[core-1, Vl100]]
  emergency:
    title: {fr: Urgences, en: Emergency room}
    impact: {fr: "14 moniteurs", en: "14 monitors"}
    priority: 1
    depends_on: [core-services]
    needs: [{segment: core-services, dies_after: 8h}]
    vlans: [110]
    prefixes: [10.10.1.0/24, "2001:db8:110::/64"]
    gateways: [[core-1, Vlan110], [core-2, Vlan110]]
    points:
      - {device: acc-1, interface: Gi1/0/3, vlan: 110}
      - {device: acc-1, interface: Gi1/0/49, vlan: 110, tagged: true}
      - {device: core-1, svi: Vlan110}
    probes:
      - {tcp: 10.10.1.10:443, from: controller, control: 10.0.0.1:22}
      - {icmp: "2001:db8:110::1", from: core-1, control: "icmp:2001:db8::1"}
  samu:
    title: {fr: SAMU, en: Emergency calls}
    keep_alive: true
    priority: 1
    points: [{device: acc-1, interface: Gi1/0/5, vlan: 130}]
conduits:
  internet: {kind: internet, keep_alive: [samu], points: [{device: box-4g, tunnel: WAN 1}]}
"""

PLAYBOOK = """format: 1
title: {fr: Couper, en: Cut}
level: 3
save: if-equal
evidence: {tables: [mac, sessions], devices: {role: core}, within: 3s}
stages:
  - name: gateways
    action: isolate
    select: {segments: {role: [clinical, general], keep_alive: false}, devices: core-1}
    method: [svi, acl]
    order: choke-points-first
    verify: proven
    gate: {approvals: 2, roles: [crisis-cell], attest: [patched], probes: true, hold: 30m, watch: 90s}
  - name: back
    action: restore
    select: {segments: [emergency, samu], conduits: all}
"""


class Planted(NamedTuple):
    text: str
    line: int
    column: int


def switch_profiles() -> Profiles:
    profile = profile_from_text(SWITCH, "switch.yaml")
    return Profiles({"switch": profile}, {"switch": SWITCH})


def planted(text: str, old: str, new: str) -> Planted:
    """``text`` with its only ``old`` replaced; ``new`` holds the mark."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sample"
    changed = text.replace(old, new)
    before, mark, after = changed.partition(MARK)
    assert mark
    return Planted(before + after, before.count("\n") + 1, len(before) - before.rfind("\n"))


def problems_of(read: Callable[[], object]) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        read()
    return caught.value.problems


def only_problem(read: Callable[[], object], place: Planted) -> Problem:
    """The one problem there is, after asserting its place."""
    problems = problems_of(read)
    assert [(problem.line, problem.column) for problem in problems] == [(place.line, place.column)], problems
    return problems[0]
