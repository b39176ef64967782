"""The requests of one home and what others said to them, on record and in the accounts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace

from controller.domain.codec import to_plain
from controller.domain.errors import AwaitingApproval, InvalidRequest, NotFound, NotPermitted
from controller.domain.facts import SYSTEM, Actor, Noted, RevisionStored, Text
from controller.domain.playbook import Action
from controller.domain.tags import Tag
from controller.engine.people.account_records import Account, Consent, Countersignature, Request
from controller.engine.people.accounts import AccountStore, Change, Limits, Look, Person, RequestState
from controller.engine.people.ageing import Ageing
from controller.engine.people.approvals import Act, ApprovalShown, Cause, Need, Pledge, Unsigned, need_of
from controller.engine.people.breakglass import GlassCase
from controller.engine.people.consenting import check_may, given, suffices, usable
from controller.engine.people.roles import Permission
from controller.engine.people.tokens import public_id
from controller.engine.ports import Clock, History, Journal, RunRecord


class ApprovalBook:
    """Implements Approvals and Consents. Safe to call from many threads."""

    def __init__(
        self,
        store: AccountStore,
        journal: Journal,
        clock: Clock,
        limits: Limits,
        glass: GlassCase,
        history: Callable[[], History],
        ageing: Ageing,
    ) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._glass = glass
        self._history = history
        self._ageing = ageing

    # --- acting ------------------------------------------------------------------------------------

    def check(self, act: Act, reason: str, actor: Actor, run: str = "") -> Pledge | None:
        need = need_of(act.plan)
        if need is None or (run and self._used_by(run, act, actor)):
            return None
        if need.cause is Cause.OVERRIDE:
            if actor.id.startswith("glass:"):
                return Pledge()
            if act.code:
                self._glass.check(act.code, actor.id)
                return Pledge(code=act.code, reason=reason)
        if not actor.id.startswith("user:"):
            raise InvalidRequest(self._alone(need))
        self._lapse()
        with self._store.change() as change:
            request = change.one(
                Request, plan=act.signed, requester=actor.id, state=RequestState.OPEN.value
            ) or self._ask(change, act, need, reason, actor)
            counted = given(change, request)
            enough = suffices(change, request, act.plan.gates, actor.id)
        if not enough:
            raise _awaiting(request, len(counted))
        return Pledge(request=request.id)

    def present(self, persons: Collection[str]) -> frozenset[str]:
        with self._store.look() as look:
            return frozenset(one for one in persons if one.startswith("user:") and usable(look, one))

    def _used_by(self, run: str, act: Act, actor: Actor) -> bool:
        """Whether the run that goes on was consented to, by others than who has it go on."""
        with self._store.look() as look:
            used = look.one(Request, plan=act.signed, run=run, state=RequestState.USED.value)
            return used is not None and suffices(look, used, act.plan.gates, actor.id)

    def _alone(self, need: Need) -> str:
        """Why who has shown no account may not act; the code of the error."""
        if need.cause is Cause.GATE:
            return "account-needed"
        return "override-alone" if self._glass.glass().sealed else "override-unsealed"

    def take(self, pledge: Pledge, act: Act, run: str, actor: Actor) -> None:
        if pledge.code:
            self._glass.break_for(pledge.code, run, pledge.reason, actor)
        if not pledge.request:
            return
        self._lapse()
        with self._store.change() as change:
            request = _still_open(change, pledge.request)
            counted = given(change, request)
            if request.plan != act.signed or request.requester != actor.id:
                raise _differs(request)
            if not usable(change, request.requester):
                raise NotPermitted(permission=Permission.RESTORE.value, site=request.site)
            if not suffices(change, request, act.plan.gates, actor.id):
                raise _awaiting(request, len(counted))
            self._note(Tag.APPROVAL_USED, request, actor, ("run", run))
            change.put(replace(request, state=RequestState.USED, run=run))
            if act.plan.action is Action.ISOLATE:
                first = counted[0]
                change.put(Countersignature(run, first.person, first.name, first.at))

    def _ask(self, change: Change, act: Act, need: Need, reason: str, actor: Actor) -> Request:
        plan = act.plan
        request = Request(
            id=public_id(),
            site=plan.site,
            action=plan.action,
            playbook=plan.playbook,
            plan=act.signed,
            revision=plan.hash,
            accept_drift=tuple(sorted(act.accept_drift)),
            cause=need.cause.value,
            requester=actor.id,
            requester_name=str(actor.name),
            reason=reason,
            needed=need.needed,
            roles=need.roles,
            state=RequestState.OPEN,
            opened_at=self._clock.now(),
            run="",
        )
        note = self._about(request, ("cause", request.cause), ("needed", str(request.needed)), text=reason)
        # What is signed is on record word for word, for those who are asked and for whoever checks later.
        content = json.dumps(to_plain(plan), ensure_ascii=False, separators=(",", ":"))
        stored = RevisionStored("plan", plan.hash, content)
        self._journal.commit(Tag.APPROVAL_REQUESTED, [stored, note], actor)
        change.put(request)
        self._ageing.begins(request.id, request.opened_at)
        return request

    # --- consenting --------------------------------------------------------------------------------

    def requests(self, *, every: bool = False) -> tuple[ApprovalShown, ...]:
        with self._store.look() as look:
            found = look.every(Request) if every else look.every(Request, state=RequestState.OPEN.value)
            shown = [self._shown(look, one) for one in sorted(found, key=lambda each: each.opened_at)]
        return tuple(one for one in shown if every or one.state is RequestState.OPEN)

    def request(self, request: str) -> ApprovalShown:
        with self._store.look() as look:
            return self._shown(look, _find(look, request))

    def approve(self, request: str, plan: str, person: Person) -> ApprovalShown:
        self._lapse()
        with self._store.change() as change:
            kept = _still_open(change, request)
            if person.id == kept.requester:
                raise InvalidRequest("own-request")
            check_may(person, kept)
            if plan != kept.plan:
                raise _differs(kept)
            if change.one(Consent, request=kept.id, person=person.id):
                raise InvalidRequest("approved-already", request=kept.id)
            self._note(Tag.APPROVAL_GIVEN, kept, person.actor)
            change.put(Consent(kept.id, person.id, person.name, self._clock.now()))
            return self._shown(change, kept)

    def deny(self, request: str, person: Person, reason: str) -> ApprovalShown:
        self._lapse()
        with self._store.change() as change:
            kept = _still_open(change, request)
            check_may(person, kept)
            self._note(Tag.APPROVAL_DENIED, kept, person.actor, text=reason)
            return self._over(change, kept, RequestState.DENIED)

    def cancel(self, request: str, actor: Actor) -> ApprovalShown:
        self._lapse()
        with self._store.change() as change:
            kept = _still_open(change, request)
            if actor.id != kept.requester:
                raise NotPermitted(permission=Permission.RESTORE.value, site=kept.site)
            self._note(Tag.APPROVAL_CANCELLED, kept, actor)
            return self._over(change, kept, RequestState.CANCELLED)

    # --- countersigning ----------------------------------------------------------------------------

    def unsigned(self) -> tuple[Unsigned, ...]:
        with self._store.look() as look:
            known = [account.created_at for account in look.every(Account) if account.usable]
            signed = {one.run for one in look.every(Countersignature)}
        if not known:
            return ()
        return tuple(
            Unsigned(record.run, record.actor, record.opened_at)
            for record in self._history().runs()
            if record.action is Action.ISOLATE and record.run not in signed and record.opened_at >= min(known)
        )

    def countersign(self, run: str, person: Person) -> None:
        record = self._history().run(run)
        if record.action is not Action.ISOLATE:
            raise InvalidRequest("not-an-isolation", run=record.run)
        site = self._site(record)
        if not (person.present and person.may(Permission.COUNTERSIGN, site)):
            raise NotPermitted(permission=Permission.COUNTERSIGN.value, site=site)
        if person.id == record.actor:
            raise InvalidRequest("own-run", run=record.run)
        with self._store.change() as change:
            if change.one(Countersignature, run=record.run):
                raise InvalidRequest("countersigned", run=record.run)
            note = Noted(record.run, (("plan", record.plan),))
            self._journal.commit(Tag.RUN_COUNTERSIGNED, [note], person.actor)
            change.put(Countersignature(record.run, person.id, person.name, self._clock.now()))

    def _site(self, record: RunRecord) -> str:
        return str(json.loads(self._history().revision("plan", record.plan))["site"])

    # --- parts -------------------------------------------------------------------------------------

    def _lapse(self) -> None:
        """Requests that waited too long end; what nobody answered was not consented to."""
        with self._store.look() as look:
            old = [one for one in look.every(Request, state=RequestState.OPEN.value) if self._lapsed(one)]
        if not old:
            return
        with self._store.change() as change:
            for one in old:
                kept = change.one(Request, id=one.id)
                if kept is not None and kept.state is RequestState.OPEN:
                    self._note(Tag.APPROVAL_LAPSED, kept, SYSTEM)
                    self._over(change, kept, RequestState.LAPSED)

    def _lapsed(self, request: Request) -> bool:
        return self._ageing.age(request.id, request.opened_at) >= self._limits.request

    def _over(self, change: Change, request: Request, state: RequestState) -> ApprovalShown:
        ended = replace(request, state=state)
        change.put(ended)
        return self._shown(change, ended)

    def _note(self, tag: Tag, request: Request, actor: Actor, *data: tuple[str, str], text: str = "") -> None:
        self._journal.commit(tag, [self._about(request, *data, text=text)], actor)

    def _about(self, request: Request, *data: tuple[str, str], text: str = "") -> Noted:
        about = (("plan", request.plan), ("requester", request.requester), *data)
        return Noted(f"request:{request.id}", about, Text(text))

    def _shown(self, look: Look, request: Request) -> ApprovalShown:
        over = request.state is RequestState.OPEN and self._lapsed(request)
        state = RequestState.LAPSED if over else request.state
        counted = tuple((one.person, one.name) for one in given(look, request))
        return ApprovalShown(
            id=request.id,
            site=request.site,
            action=request.action,
            playbook=request.playbook,
            plan=request.plan,
            revision=request.revision,
            accept_drift=request.accept_drift,
            cause=Cause(request.cause),
            requester=request.requester,
            requester_name=request.requester_name,
            reason=request.reason,
            needed=request.needed,
            roles=request.roles,
            given=counted,
            state=state,
            opened_at=request.opened_at,
            run=request.run,
            ready=state is RequestState.OPEN and len(counted) >= request.needed,
        )


def _find(look: Look, request: str) -> Request:
    found = look.one(Request, id=request)
    if found is None:
        raise NotFound(kind="request", name=request)
    return found


def _still_open(look: Look, request: str) -> Request:
    found = _find(look, request)
    if found.state is not RequestState.OPEN:
        raise InvalidRequest("request-over", request=found.id, state=found.state.value)
    return found


def _awaiting(request: Request, given: int) -> AwaitingApproval:
    return AwaitingApproval(request=request.id, plan=request.plan, given=given, needed=request.needed)


def _differs(request: Request) -> InvalidRequest:
    return InvalidRequest("plan-differs", request=request.id, plan=request.plan)
