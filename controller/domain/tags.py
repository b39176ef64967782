"""The tag of an entry, ``source:subject:action``: what happened, for filters and for readers years later."""

from __future__ import annotations

from enum import StrEnum


class Tag(StrEnum):
    """The text a person reads is ``tag.<value>`` with colons as dots."""

    RUN_OPENED = "engine:run:opened"
    RUN_JOINED = "engine:run:joined"
    RUN_MOVED = "engine:run:moved"
    RUN_RESUMED = "engine:run:resumed"
    WAVE_MOVED = "engine:wave:moved"
    OPERATION_INTENDED = "engine:operation:intended"
    OPERATION_SETTLED = "engine:operation:settled"
    OPERATION_RECOVERED = "engine:operation:recovered"
    HOLD_ENDED = "engine:hold:ended"
    CREDENTIAL_DROPPED = "engine:credential:dropped"
    PROBE_ANSWERED = "engine:probe:answered"
    REHEARSAL_RECORDED = "engine:rehearsal:recorded"
    POINT_CLAIMED = "person:point:claimed"
    CLAIM_WITHDRAWN = "person:claim:withdrawn"
    HAZARD_OVERRIDDEN = "person:hazard:overridden"
    DRIFT_ACCEPTED = "person:drift:accepted"
    LOG_WRITTEN = "person:log:written"
    HOST_KEY_TRUSTED = "person:hostkey:trusted"
    LEAD_TAKEN = "home:lead:taken"
    LEADER_KILLED = "home:leader:killed"
    JOURNAL_DEGRADED = "home:journal:degraded"
    JOURNAL_RESTORED = "home:journal:restored"
    JOURNAL_BYPASSED = "home:journal:bypassed"
    CLOCK_STEPPED = "home:clock:stepped"
    PAYLOAD_ERASED = "home:payload:erased"
    HOME_CREATED = "home:home:created"
    HOME_MIGRATED = "home:home:migrated"
