"""``cordon serve``: leads the home and answers the API until it is told to end."""

from __future__ import annotations

import ipaddress
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import CordonError, InvalidRequest
from controller.engine.people.accounts import Invitation

if TYPE_CHECKING:
    from controller.identity.certificate import Certificate
    from controller.workers.resident import Resident

Bind = Annotated[str, typer.Option("--bind", help="help.bind")]
CertificateFile = Annotated[Path | None, typer.Option("--certificate", help="help.certificate")]
KeyFile = Annotated[Path | None, typer.Option("--key", help="help.key")]
Names = Annotated[list[str] | None, typer.Option("--name", help="help.certificate-name")]


def serve(
    call: Call,
    bind: Bind = "127.0.0.1:8443",
    certificate: CertificateFile = None,
    key: KeyFile = None,
    name: Names = None,
) -> int:
    from controller.api.server import listen
    from controller.api.server import serve as answer
    from controller.api.service import Service
    from controller.bootstrap import Composition
    from controller.bootstrap.process import import_everything
    from controller.cli.documents import installed_version
    from controller.web.application import at_hand, built, opened
    from controller.workers.accounting import first_invitation
    from controller.workers.resident import reside

    if call.asked.dry_run:
        raise InvalidRequest("serve-no-dry-run")
    host, port = _address(bind)
    composition = Composition(**call.settings())
    composition.inventory_path()
    with ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
        # Before there are threads: what is imported and defined here is in none of their ways.
        import_everything()
        app = built(installed_version())
        office = stack.enter_context(reside(composition, partial(at_hand, app)))
        shown = _certificate(office, certificate, key, (host, *(name or ())))
        service = Service(office, app.version, shown.fingerprint, clock=composition.clock().now)
        invited = first_invitation(office.access(), composition.clock())
        reached = f"https://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        answer(
            opened(app, service),
            listener,
            shown.certificate,
            shown.key,
            lambda: _tell(call, office, reached, shown, invited),
            office.feed.end,
            office.acts,
            office.access().sign_in.delays.behind,
        )
    if not call.out.as_json:
        call.out.say(call.text("serve.ended"))
    return Exit.DONE


def _address(bind: str) -> tuple[str, int]:
    """``127.0.0.1:8443``, ``[::1]:8443``: addresses, never names."""
    host, colon, port = bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        raise InvalidRequest("bind-invalid", address=bind) from None
    if not colon or not 0 <= number < 65536:
        raise InvalidRequest("bind-invalid", address=bind)
    return host, number


def _certificate(
    office: Resident, certificate: Path | None, key: Path | None, names: tuple[str, ...]
) -> Certificate:
    from controller.identity.certificate import given_certificate, own_certificate

    if (certificate is None) != (key is None):
        raise InvalidRequest("certificate-half")
    if certificate is not None and key is not None:
        return given_certificate(certificate, key)
    wanted = [each for each in names if each not in ("0.0.0.0", "::")]  # noqa: S104 - compared, not bound to
    return own_certificate(office.home.path, wanted)


def _tell(
    call: Call,
    office: Resident,
    reached: str,
    certificate: Certificate,
    invited: Invitation | CordonError | None,
) -> None:
    from controller.text.sentences import sentence
    from controller.web.enrolment import link as enrolment

    failed = sentence(invited, call.words) if isinstance(invited, CordonError) else ""
    link = enrolment(reached, invited.token) if isinstance(invited, Invitation) else None
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "url": reached,
                "fingerprint": certificate.fingerprint,
                "enrolment": link,
                **({"problem": failed} if failed else {}),
                "waiting": [record.run for record in office.waiting()],
            }
        )
        return
    call.out.say(
        call.text("serve.listening", url=reached),
        call.text("serve.fingerprint", fingerprint=certificate.fingerprint),
    )
    if link:
        call.out.say(call.text("serve.enrol", link=link))
    if failed:
        call.out.warn(call.text("serve.not-enrolled", cause=failed))
    held = office.held()
    if held:
        call.out.say(call.text("serve.watching", count=held))
    for record in office.waiting():
        call.out.say(call.text("serve.waiting", run=record.run))
