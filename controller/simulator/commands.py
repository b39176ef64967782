"""The grammars of all modes, built once."""

from __future__ import annotations

from controller.simulator.configmode import add_config
from controller.simulator.execmode import add_exec
from controller.simulator.grammar import Grammar
from controller.simulator.interfacemode import add_interface
from controller.simulator.listmode import add_lists
from controller.simulator.rollback import add_rollback
from controller.simulator.shell import Handler
from controller.simulator.show import add_show
from controller.simulator.showinterfaces import add_show_interfaces
from controller.simulator.showneighbours import add_show_neighbours


def grammars() -> dict[str, Grammar[Handler]]:
    names = ("user", "exec", "config", "config-if", "config-vlan", "config-line", "config-archive", "acl")
    made: dict[str, Grammar[Handler]] = {name: Grammar() for name in names}
    add_exec(made["user"], made["exec"])
    add_show(made["user"], made["exec"])
    add_show_interfaces(made["user"], made["exec"])
    add_show_neighbours(made["user"], made["exec"])
    add_config(made)
    add_lists(made["config"], made["acl"])
    add_interface(made["config-if"])
    add_rollback(made)
    return made
