"""One device: its own namespaces, daemons, sshd, users, host key and startup configuration.

Everything of a device hangs on one process; killing it is pulling the plug.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab import configuration
from tests.lab.hospital import DEVICES, SWITCHES, VLANS, management6
from tests.lab.namespace import DIES_WITH_PARENT, Namespace, run

USER = "cordon"
"""Logs in to a shell; may run what its platform's profile sends, through sudo, and nothing else."""
ROUTER_USER = "router"
"""Logs in to FRR's own command line."""

_OVS = (
    r"/usr/bin/ovs-vsctl --format\=csv --no-headings --columns\=name\,tag\,trunks\,protected list port",
    "/usr/bin/ovs-vsctl set port *",
    r"/usr/bin/ovs-vsctl --timeout\=1 wait-until port *",
    "/usr/bin/ovs-ofctl dump-ports-desc br0",
    r"/usr/bin/ovs-ofctl --names dump-flows br0 cookie\=*",
    "/usr/bin/ovs-ofctl mod-port br0 *",
    r"/usr/bin/ovs-ofctl add-flow br0 cookie\=*",
    r"/usr/bin/ovs-ofctl del-flows br0 cookie\=*",
    "/usr/bin/ovs-appctl fdb/show br0",
)
_LINK = ("/usr/sbin/ip link set dev *", "/usr/sbin/sysctl -q -w net/ipv6/conf/*")
_NFT = (
    "/usr/sbin/nft list table inet killswitch",
    "/usr/sbin/nft list counter inet watch *",
    "/usr/sbin/nft add element inet killswitch *",
    "/usr/bin/cat /proc/net/nf_conntrack",
)
ALLOWED = {"fw": _LINK + _NFT, "core": _OVS + _NFT, "acc1": _OVS, "acc2": _OVS, "vpn": _LINK}

_SSHD = """\
{listen}
HostKey /etc/ssh/host_key
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
AuthorizedKeysFile /etc/ssh/authorized_keys
PermitRootLogin no
AllowUsers {users}
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 200
PidFile /run/sshd.pid
SetEnv PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
"""

_OWN_WORLD = ("unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL", "--")

_START = """\
exec 3>&1 1>&2
mount -t tmpfs run /run
mount -t tmpfs tmp /var/tmp
mount -t tmpfs log /var/log
mkdir -p /run/sshd /run/frr /run/openvswitch /run/sudo
chown frr:frr /run/frr
for file in passwd group shadow sudoers hosts hostname; do mount --bind {root}/$file /etc/$file; done
for place in ssh frr openvswitch; do mount --bind {root}/$place /etc/$place; done
mount --bind {root}/home /home
hostname {name}
for key in conf/all/forwarding conf/default/forwarding; do
    echo 1 > /proc/sys/net/ipv4/${{key}}; echo 1 > /proc/sys/net/ipv6/${{key}}
done
{body}
/usr/sbin/sshd
{await_sshd}
echo ready >&3
exec 3>&-
while :; do sleep 3600 & wait $!; done
"""

_AWAIT_SSHD = "while [ ! -e /run/sshd.pid ]; do sleep 0.01; done"
"""sshd goes into the background before it listens, and leaves its number after."""

_START_SWITCH = """\
fresh=; [ -e /etc/openvswitch/conf.db ] || fresh=yes
[ -z "$fresh" ] || ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server --detach --no-chdir --pidfile -vconsole:off --log-file=/run/openvswitch/ovsdb-server.log \\
    --remote=punix:/run/openvswitch/db.sock /etc/openvswitch/conf.db
[ -z "$fresh" ] || ovs-vsctl --no-wait init {configuration}
{start_switching}
"""
START_SWITCHING = (
    "ovs-vswitchd --detach --no-chdir --pidfile -vconsole:off --log-file=/run/openvswitch/ovs-vswitchd.log"
)


@dataclass(frozen=True)
class Access:
    """What a person or a program needs to log in anywhere in the lab."""

    password: str
    password_hash: str
    private_key: Path
    public_key: str


class Device:
    """``state`` is its flash: what survives :meth:`power_off`."""

    def __init__(self, name: str, state: Path, access: Access, inband: bool) -> None:
        self.name = name
        self.inband = inband
        self.namespace = Namespace(name)
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self.host_key = self._write(access)

    @property
    def routes(self) -> bool:
        """Whether FRR runs here, and a user logs in to it."""
        return self.name == "core"

    @property
    def management(self) -> tuple[str, ...]:
        """The IPv4 addresses its sshd answers at; an IPv6 one goes with each."""
        return DEVICES[self.name].management

    # --- power ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins to boot; call :meth:`wait` before use. Call from a thread that outlives the lab."""
        with (self._state / "console").open("wb") as console:
            self._process = subprocess.Popen(
                [
                    *DIES_WITH_PARENT,
                    *self.namespace.enter(),
                    *_OWN_WORLD,
                    "sh",
                    "-e",
                    str(self._state / "start"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=console,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until sshd listens; raises with what the console said if the device did not get there."""
        assert self._process is not None
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            ready = stdout.readline()
        if ready != b"ready\n":
            raise RuntimeError(f"{self.name} did not boot: {(self._state / 'console').read_text()}")
        outer = self._process.pid
        self._pid = int(Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0])

    @property
    def pid(self) -> int:
        """The process everything of the device hangs on."""
        if self._pid is None:
            raise RuntimeError(f"{self.name} is off")
        return self._pid

    @property
    def is_on(self) -> bool:
        return self._pid is not None and self._process is not None and self._process.poll() is None

    def power_off(self) -> None:
        """The plug is pulled: every process dies, neighbours lose their link, what was not saved is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._pid = None
        self.namespace.shell(
            [
                "nft flush ruleset",
                "ip -o link show | sed 's/^[0-9]*: //; s/[@:].*//' | while read link; do",
                '  ip link set "$link" down; ip addr flush dev "$link"',
                "done",
                "ip route flush table main type blackhole; ip -6 route flush table main",
            ]
        )

    def power_on(self) -> None:
        self.start()
        self.wait()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._pid = None
        self.namespace.close()

    # --- at the console -------------------------------------------------------------------------

    def run(self, *command: str) -> str:
        """Runs ``command`` as root on the device itself, not through SSH; raises if it fails."""
        return run(["nsenter", f"--target={self.pid}", "--mount", "--uts", "--net", "--pid", "--", *command])

    def stop_ssh(self) -> None:
        """New logins are refused; sessions already open live on, and so does the device."""
        self.run("sh", "-c", "kill $(cat /run/sshd.pid); while [ -e /run/sshd.pid ]; do sleep 0.01; done")

    def start_ssh(self) -> None:
        self.run("sh", "-c", f"/usr/sbin/sshd; {_AWAIT_SSHD}")

    # --- the files of a device ------------------------------------------------------------------

    def _write(self, access: Access) -> str:
        for place in ("ssh", "frr", "openvswitch", f"home/{USER}"):
            (self._state / place).mkdir(parents=True)
        os.chown(self._state / "home" / USER, 2000, 2000)
        (self._state / "home" / USER / ".hushlogin").touch()
        self._file("hostname", f"{self.name}\n")
        self._file("hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {self.name}\n")
        self._users(access)
        self._sshd(access)
        self._file("sudoers", self._sudoers(), 0o440)
        self._file(
            "start",
            _START.format(
                name=self.name,
                root=shlex.quote(str(self._state)),
                body=self._body(),
                await_sshd=_AWAIT_SSHD,
            ),
        )
        return (self._state / "ssh" / "host_key.pub").read_text().rsplit(" ", 1)[0].strip()

    def _file(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self._state / name
        path.write_text(text)
        path.chmod(mode)

    def _hand_to_router(self) -> None:
        for path in (self._state / "frr", *(self._state / "frr").iterdir()):
            shutil.chown(path, "frr", "frr")

    def _users(self, access: Access) -> None:
        users = [(USER, 2000, "/bin/bash")]
        if self.routes:
            users.append((ROUTER_USER, 2001, "/usr/bin/vtysh"))
        passwd, group = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
        shadow = "root:*:1::::::\n"
        for user, number, shell in users:
            passwd += f"{user}:x:{number}:{number}::/home/{user}:{shell}\n"
            group += f"{user}:x:{number}:\n"
            shadow += f"{user}:{access.password_hash}:1::::::\n"
        if self.routes:
            (self._state / "home" / ROUTER_USER).mkdir()
            lines = group.splitlines()
            joined = [line + ("" if line.endswith(":") else ",") + ROUTER_USER for line in lines]
            group = "".join(
                (new if old.startswith("frrvty:") else old) + "\n"
                for old, new in zip(lines, joined, strict=True)
            )
        self._file("passwd", passwd)
        self._file("group", group)
        self._file("shadow", shadow, 0o640)
        shutil.chown(self._state / "shadow", "root", "shadow")  # vtysh has its user's account checked by PAM

    def _sshd(self, access: Access) -> None:
        listen = [f"ListenAddress {address}" for address in self.management]
        listen += [f"ListenAddress {management6(address)}" for address in self.management]
        users = f"{USER} {ROUTER_USER}" if self.routes else USER
        self._file("ssh/sshd_config", _SSHD.format(listen="\n".join(listen), users=users))
        self._file("ssh/authorized_keys", access.public_key)
        run(
            [
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                self.name,
                "-f",
                str(self._state / "ssh/host_key"),
            ]
        )

    def _sudoers(self) -> str:
        lines = ['Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"', "Defaults lecture=never, !use_pty"]
        lines += [f"{USER} ALL=(root) NOPASSWD: {command}" for command in ALLOWED.get(self.name, ())]
        return "\n".join(lines) + "\n"

    def _body(self) -> str:
        body = []
        if self.name in SWITCHES:
            arguments = " ".join(map(shlex.quote, configuration.switch(self.name, self.inband)))
            body.append(_START_SWITCH.format(configuration=arguments, start_switching=START_SWITCHING))
            body.append("ovs-vsctl --timeout=10 wait-until bridge br0 'datapath_id!=[]'")
        self._file("addresses", "\n".join(configuration.addresses(self.name, self.inband)) + "\n")
        body.append(f"ip -batch {shlex.quote(str(self._state / 'addresses'))}")
        if self.name == "fw":
            self._file("nftables.conf", configuration.FIREWALL)
            body.append(f"nft -f {shlex.quote(str(self._state / 'nftables.conf'))}")
        if self.name == "core":
            # Where it routes between segments; only tests whose inventory says so use it.
            self._file("nftables.conf", configuration.KILL_SWITCH)
            body.append(f"nft -f {shlex.quote(str(self._state / 'nftables.conf'))}")
            self._file("frr/zebra.conf", configuration.ROUTER)
            self._file("frr/vtysh.conf", "")
            self._hand_to_router()
            body += [f"ip link set vlan{vlan} up" for vlan in VLANS]
            body.append("/usr/lib/frr/zebra -d -u frr -g frr -f /etc/frr/zebra.conf")
        # Frames that leave through a switch in user space need their checksums filled in before.
        if self.inband and self.name in SWITCHES:
            body.append("ethtool -K mgmt0 tx off >/dev/null")
        return "\n".join(body)
