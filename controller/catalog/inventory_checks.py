"""What must hold between the parts of an inventory: devices, their logins, addresses, pairs and links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from controller.catalog.document import Document, Loc
from controller.catalog.findings import Findings, listed, shorten, suggest
from controller.catalog.inventory_shape import DeviceShape, InventoryShape, SecretShape
from controller.catalog.ports import canonical
from controller.domain.inventory import MANUAL, LinkKind, Port
from controller.domain.path import SSH_PORT, TELNET_PORT, PathKind
from controller.domain.probe import CONTROLLER
from controller.domain.profile import DeviceProfile

_PORTS = {PathKind.SSH: SSH_PORT, PathKind.TELNET: TELNET_PORT}


class Check:
    """One inventory under examination. Names count as declared even where their own entry was refused."""

    def __init__(
        self,
        document: Document,
        names: Mapping[str, Collection[str]],
        inventory: InventoryShape,
        profiles: Mapping[str, DeviceProfile],
        platforms: Collection[str],
        findings: Findings,
    ) -> None:
        self.document = document
        self.names = names
        self.inventory = inventory
        self.profiles = profiles
        self.platforms = sorted({*profiles, *platforms, MANUAL})
        self.findings = findings
        self.protected: dict[Port, LinkKind] = {}
        self.link_ends: dict[Port, int] = {}

    def run(self) -> None:
        self._credentials()
        self._devices()
        self._waypoints()
        self._paths()
        self._pairs()
        self._links()
        self._controller()
        self._hypervisors()

    def add(self, loc: Loc, code: str, **data: object) -> None:
        self.findings.add(self.document.file, self.document.at(loc), code, **data)

    def add_at_key(self, loc: Loc, code: str, **data: object) -> None:
        self.findings.add(self.document.file, self.document.at_key(loc), code, **data)

    def known(self, loc: Loc, name: str, code: str, names: Collection[str]) -> bool:
        """Notes ``code`` where ``name`` is not among ``names``."""
        if name in names:
            return True
        near = suggest(name, names)
        self.add(loc, code, name=shorten(name), known=listed(names), suggestion=near)
        return False

    def profile(self, device: str) -> DeviceProfile | None:
        shape = self.inventory.devices.get(device)
        return self.profiles.get(shape.platform) if shape else None

    def port(self, loc: Loc, device: str, name: str) -> Port:
        """The port in its long form; a name that no port of the platform can have is noted."""
        profile = self.profile(device)
        if profile is None:
            return Port(device, name)
        long = canonical(name, profile.names)
        if long is None:
            near = suggest(name.rstrip("0123456789/.:"), profile.names)
            self.add(
                loc,
                "unknown-port",
                name=shorten(name),
                device=device,
                known=listed(profile.names),
                suggestion=near,
            )
            return Port(device, name)
        return Port(device, long)

    def loops(self, edges: Mapping[str, Iterable[str]]) -> Iterable[list[str]]:
        """One loop for each place where following ``edges`` comes back: ``[a, b, a]``."""
        done: set[str] = set()
        for start in edges:
            if start in done:
                continue
            path = [start]
            trail = [iter(edges[start])]
            while trail:
                after = next(trail[-1], None)
                if after is None:
                    trail.pop()
                    done.add(path.pop())
                elif after in path:
                    yield [*path[path.index(after) :], after]
                elif after not in done and after in edges:
                    path.append(after)
                    trail.append(iter(edges[after]))

    def _credentials(self) -> None:
        known = self.names["credentials"]
        for name, credential in self.inventory.credentials.items():
            loc: Loc = ("credentials", name)
            for key in ("password", "key", "enable"):
                secret: SecretShape | None = getattr(credential, key)
                if secret is None or self.document.pruned(*loc, key):
                    continue
                if [secret.env, secret.file, secret.vault].count(None) != 2:
                    self.add_at_key((*loc, key), "secret-reference", key=key)
            refused = self.document.pruned(*loc, "password") or self.document.pruned(*loc, "key")
            if credential.password is None and credential.key is None and not refused:
                self.add_at_key(loc, "credential-empty", name=name)
            if credential.fallback is not None:
                self.known((*loc, "fallback"), credential.fallback, "unknown-credential", known)
        fallbacks = {
            name: [credential.fallback] if credential.fallback else []
            for name, credential in self.inventory.credentials.items()
        }
        for loop in self.loops(fallbacks):
            self.add(("credentials", loop[0], "fallback"), "fallback-loop", loop=" → ".join(loop))

    def _napalm(self, loc: Loc, device: DeviceShape, profile: DeviceProfile) -> None:
        access = device.napalm
        if access is None or self.document.pruned(*loc, "napalm"):
            return
        at: Loc = (*loc, "napalm")
        if profile.napalm is None:
            self.add_at_key(at, "napalm-unknown", platform=device.platform)
        elif not any(path.ssh for path in device.paths) and not self.document.pruned(*loc, "paths"):
            self.add_at_key(at, "napalm-without-ssh", platform=device.platform)
        elif not profile.napalm.driver.over_tls and access.certificate is not None:
            self.add_at_key((*at, "certificate"), "napalm-certificate-unused", platform=device.platform)
        elif profile.napalm.driver.over_tls:
            if access.certificate is None and not self.document.pruned(*at, "certificate"):
                self.add_at_key(at, "napalm-certificate-missing", platform=device.platform)
            for index, path in enumerate(device.paths):
                if path.via is not None:
                    self.add_at_key((*loc, "paths", index, "via"), "napalm-via", platform=device.platform)

    def _devices(self) -> None:
        for name, device in self.inventory.devices.items():
            loc: Loc = ("devices", name)
            if name == CONTROLLER:
                self.add_at_key(loc, "name-reserved", name=name)
            if device.credentials is not None:
                credentials = self.names["credentials"]
                self.known((*loc, "credentials"), device.credentials, "unknown-credential", credentials)
            by_ssh = any(path.ssh for path in device.paths) or self.document.pruned(*loc, "paths")
            if device.armed and (device.platform == MANUAL or not by_ssh):
                self.add((*loc, "armed"), "armed-not-ssh", name=name)
            if device.platform == MANUAL:
                continue
            self.known((*loc, "platform"), device.platform, "unknown-platform", self.platforms)
            self._wants(loc, device)
            profile = self.profile(name)
            if profile:
                self._napalm(loc, device, profile)
                for setting in device.settings:
                    if setting not in profile.settings:
                        near = suggest(setting, profile.settings)
                        self.add_at_key(
                            (*loc, "settings", setting),
                            "unknown-setting",
                            name=setting,
                            platform=device.platform,
                            known=listed(profile.settings),
                            suggestion=near,
                        )

    def _wants(self, loc: Loc, device: DeviceShape) -> None:
        for key, value in (("paths", device.paths), ("credentials", device.credentials)):
            if not value and not self.document.pruned(*loc, key):
                self.add_at_key(loc, f"{key}-missing", name=str(loc[-1]))

    def _waypoints(self) -> None:
        for section, declared in (
            ("jump_hosts", self.inventory.jump_hosts),
            ("console_servers", self.inventory.console_servers),
        ):
            for name, each in declared.items():
                if not self.document.pruned(section, name, "credentials"):
                    loc: Loc = (section, name, "credentials")
                    self.known(loc, each.credentials, "unknown-credential", self.names["credentials"])

    def _paths(self) -> None:
        seen: dict[tuple[object, ...], str] = {}
        for name, device in self.inventory.devices.items():
            for index, path in enumerate(device.paths):
                loc: Loc = ("devices", name, "paths", index)
                kinds = path.kinds()
                refused = any(self.document.pruned(*loc, kind.value) for kind in PathKind)
                if len(kinds) + refused != 1:
                    self.add(loc, "path-kind")
                if path.via is not None:
                    self.known((*loc, "via"), path.via, "unknown-jump-host", self.names["jump_hosts"])
                if path.console is not None:
                    servers = self.names["console_servers"]
                    self.known((*loc, "console"), path.console, "unknown-console-server", servers)
                elif path.line is not None and not refused:
                    self.add((*loc, "line"), "path-line")
                if len(kinds) != 1:
                    continue
                where = getattr(path, kinds[0].value)
                port = path.port or _PORTS.get(kinds[0])
                other = seen.setdefault((where, port, path.line, path.via), f"{name} {index}")
                if other != f"{name} {index}":
                    self.add(
                        (*loc, kinds[0].value),
                        "duplicate-address",
                        address=where,
                        port=path.line or port or "",
                        other=other.split()[0],
                    )

    def _pairs(self) -> None:
        for name, device in self.inventory.devices.items():
            if device.ha is None:
                continue
            loc: Loc = ("devices", name, "ha", "peer")
            peer = device.ha.peer
            if peer == name:
                self.add(loc, "ha-with-itself", name=name)
            elif self.known(loc, peer, "unknown-device", self.names["devices"]):
                other = self.inventory.devices.get(peer)
                mutual = other is None or (other.ha is not None and other.ha.peer == name)
                if not mutual and not self.document.pruned("devices", peer, "ha"):
                    self.add(loc, "ha-not-mutual", name=name, peer=peer)

    def _links(self) -> None:
        for index, link in enumerate(self.inventory.links):
            loc: Loc = ("links", index)
            if len(link.ends) != 2:
                if not self.document.pruned(*loc):
                    self.add((*loc, "ends"), "link-ends")
                continue
            if link.ends[0][0] == link.ends[1][0]:
                self.add((*loc, "ends"), "link-to-itself", device=link.ends[0][0])
            for side, (device, interface) in enumerate(link.ends):
                end: Loc = (*loc, "ends", side)
                if not self.known((*end, 0), device, "unknown-device", self.names["devices"]):
                    continue
                port = self.port((*end, 1), device, interface)
                line = self.document.at(end)[0]
                if port in self.link_ends:
                    self.add(end, "link-end-twice", port=" ".join(port), line=self.link_ends[port])
                self.link_ends.setdefault(port, line)
                if link.kind is not LinkKind.DATA:
                    self.protected[port] = link.kind

    def _controller(self) -> None:
        controller = self.inventory.controller
        if controller.attached_to:
            self.end(("controller", "attached_to"), *controller.attached_to)
        for index, console in enumerate(controller.consoles):
            loc: Loc = ("controller", "consoles", index)
            if self.known((*loc, "device"), console.device, "unknown-device", self.names["devices"]):
                self.port((*loc, "interface"), console.device, console.interface)
        for what, where in controller.rests_on.given():
            loc = ("controller", "rests_on", what.value)
            if isinstance(where, str):
                self.known(loc, where, "unknown-segment", self.names["segments"])
            else:
                self.end(loc, *where)

    def _hypervisors(self) -> None:
        for name, hypervisor in self.inventory.hypervisors.items():
            for index, port in enumerate(hypervisor.ports):
                self.end(("hypervisors", name, "ports", index), *port)

    def end(self, loc: Loc, device: str, interface: str) -> Port | None:
        """A ``[device, interface]`` pair: the port, or None where the device is unknown."""
        if self.known((*loc, 0), device, "unknown-device", self.names["devices"]):
            return self.port((*loc, 1), device, interface)
        return None
