"""The grammars of all modes, built once."""

from __future__ import annotations

from controller.simulator.cisco_ios.configmode import add_config
from controller.simulator.cisco_ios.execmode import add_exec
from controller.simulator.cisco_ios.files import add_files
from controller.simulator.cisco_ios.interfacemode import add_interface
from controller.simulator.cisco_ios.listmode import add_lists
from controller.simulator.cisco_ios.names import interface_name
from controller.simulator.cisco_ios.rollback import add_rollback
from controller.simulator.cisco_ios.routing import add_routing
from controller.simulator.cisco_ios.shell import Handler
from controller.simulator.cisco_ios.show import add_show
from controller.simulator.cisco_ios.showinterfaces import add_show_interfaces
from controller.simulator.cisco_ios.showneighbours import add_show_neighbours
from controller.simulator.cisco_ios.tunnels import add_tunnels
from controller.simulator.grammar import Grammar, interfaces


def grammars() -> dict[str, Grammar[Handler]]:
    names = (
        *("user", "exec", "config", "config-if", "config-vlan", "config-line"),
        *("config-archive", "config-router", "acl"),
    )
    own = {"interface": interfaces(interface_name)}
    made: dict[str, Grammar[Handler]] = {name: Grammar(parameters=own) for name in names}
    add_exec(made["user"], made["exec"])
    add_show(made["user"], made["exec"])
    add_show_interfaces(made["user"], made["exec"])
    add_show_neighbours(made["user"], made["exec"])
    add_config(made)
    add_lists(made["config"], made["acl"])
    add_interface(made["config-if"])
    add_rollback(made)
    add_files(made)
    add_routing(made)
    add_tunnels(made)
    return made
