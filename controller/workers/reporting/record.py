"""The last sections: how the record itself fared, and how anybody can check it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from controller.domain.checkpoint import Malformed, verifier_key_from
from controller.engine.incident.told import Incident
from controller.paper.document import Row, Table, cell
from controller.paper.report import Block, Commands, Facts, Part, Points, Sub
from controller.paper.walk import Seal
from controller.workers.reporting.standing import Standing
from controller.workers.reporting.words import Words, grouped


def state(found: Incident, words: Words) -> Part:
    blocks: list[Block] = [Sub(words("state.degraded"))]
    degraded = [
        words(
            "state.interval" if each.until else "state.interval-open",
            first=each.first,
            last=each.last or "",
            since=words.moment(each.since),
            until=words.moment(each.until) if each.until else "",
            count=each.entries,
        )
        for each in found.degraded
    ]
    if found.unrecorded:
        degraded.append(words("state.unrecorded", count=found.unrecorded))
    blocks.append(Points(tuple(degraded)) if degraded else words("state.none-degraded"))
    blocks.append(Sub(words("state.clock")))
    steps = [
        words(
            "state.forward" if step.seconds > 0 else "state.back",
            seconds=f"{abs(step.seconds):.1f}".replace(".", words.plain("unit.decimal")),
            moment=words.moment(step.at),
            seq=step.seq,
        )
        for step in found.steps
    ]
    steps += [words("state.restart", moment=words.moment(each.at), seq=each.seq) for each in found.restarts]
    blocks.append(Points(tuple(steps)) if steps else words("state.none-clock"))
    blocks += [Sub(words("state.persons")), _persons(found, words)]
    blocks += [Sub(words("state.entries")), words("state.entries-intro", count=found.entries)]
    blocks.append(_tags(found, words))
    return Part(words("title.state"), tuple(blocks))


def _persons(found: Incident, words: Words) -> Block:
    if not found.persons:
        return words("state.nobody")
    rows = [
        Row(
            (
                cell(each.name if each.name and each.name != each.id else "—"),
                cell(each.id),
                cell(str(each.entries)),
                cell(words.stamp(each.first)),
                cell(words.stamp(each.last)),
            )
        )
        for each in found.persons
    ]
    heads = tuple(words(f"column.{name}") for name in ("name", "id", "entries", "from", "to"))
    return Table((0.3, 0.22, 0.12, 0.18, 0.18), heads, tuple(rows), right=frozenset({2}))


def _tags(found: Incident, words: Words) -> Table:
    rows = [
        Row(
            (
                cell(words.plain(f"tag.{each.tag.replace(':', '.')}")),
                cell(each.tag),
                cell(str(each.entries)),
                cell(words.stamp(each.first)),
                cell(words.stamp(each.last)),
            )
        )
        for each in found.tags
    ]
    sums = (words("column.total"), "", str(found.entries), "", "")
    total = Row(tuple(cell(each) for each in sums), bold=True)
    heads = tuple(words(f"column.{name}") for name in ("kind", "tag", "entries", "from", "to"))
    return Table((0.32, 0.26, 0.1, 0.16, 0.16), heads, (*rows, total), right=frozenset({2}))


def verification(found: Incident, standing: Standing, file: str, words: Words) -> Part:
    """``file`` is the export this report is in, "" where it stands alone."""
    blocks: list[Block] = [words("log.what"), Facts(tuple(_facts(found, standing, words)))]
    if standing.head is not None:
        head = standing.head
        note = tuple(line for line in head.note.splitlines() if line)
        at = head.at[:16].replace("T", " ")
        text = words.plain("paper.checkpoint", count=head.checkpoint.size, at=at)
        blocks += [Sub(words("log.checkpoint")), Seal(text, "", head.note, note, head.spoken)]
        blocks.append(words("log.witness"))
    blocks.append(Sub(words("log.how")))
    blocks.append(words("log.how-inside" if file else "log.how-alone"))
    name = file or "incident.zip"
    commands = [] if file else [f"cordon audit export {name}"]
    commands += [f"unzip {name} verify.py", f"python3 verify.py {name}"]
    blocks.append(Commands(tuple(commands)))
    blocks += [words("log.how-numbers"), words("log.limits")]
    return Part(words("title.log"), tuple(blocks), apart=True)


def _facts(found: Incident, standing: Standing, words: Words) -> Iterator[tuple[str, str]]:
    yield words("log.origin"), standing.origin or "—"
    yield words("log.verified"), _verified(standing, words)
    yield words("log.chain"), grouped(standing.chain)
    if found.first and found.last:
        yield (
            words("log.told"),
            words("log.told-said", count=found.entries, first=found.first.seq, last=found.last.seq),
        )
    if standing.signed:
        yield (
            words("log.signed"),
            words("log.signed-said", entries=standing.signed, count=standing.checkpoints),
        )
    else:
        yield words("log.signed"), words("log.not-signed")
    for key in standing.keys:
        yield words("log.key"), key
        if fingerprint := _fingerprint(key):
            yield words("log.fingerprint"), fingerprint
    for seq in standing.replaced:
        yield words("log.replaced"), words.plain("audit.key-replaced", entry=seq)
    if standing.erased:
        yield words("log.erased"), words.plain("audit.erased", count=standing.erased)


def _verified(standing: Standing, words: Words) -> str:
    if not standing.problem:
        return words("log.whole", entries=standing.entries)
    why = words.plain(f"verify.{standing.problem}", entry=standing.first_bad, detail=standing.detail)
    return f"{words('log.broken', entries=standing.entries)} {why}"


def _fingerprint(key: str) -> str:
    try:
        public = verifier_key_from(key).public
    except Malformed:
        return ""
    return grouped(hashlib.sha256(public).hexdigest())
