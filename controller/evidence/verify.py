"""Checks an export of Cordon's log, on any machine, with nothing but Python (3.8 or later):

    python3 verify.py FILE.zip [--witness FILE_OR_DIGITS] [--csv TABLE.csv] [--lang fr|en]

Exit 0: what is in FILE.zip is what was written. 1: it is not, and the first bad entry is named. 2: the
command is wrong. Nothing is changed, nothing is contacted. What is checked, in this order:

1. every file of the ZIP against its SHA-256 in manifest.json, and that one against manifest.sha256;
2. every entry that is disclosed (entries.jsonl): leaf = SHA-256(00 + its line) as leaves.txt has it for every
   entry of the log, and its own number;
3. the rows it seals (rows.jsonl): SHA-256 of their JSON, table by table;
4. its texts (texts.jsonl): SHA-256(03 + salt + text); what was erased must be named by an erasure on record,
   what names were replaced in cannot be checked and is counted;
5. leaves.txt against the chain hash in the manifest:
   chain(n) = SHA-256(02 + chain(n-1) + leaf(n)), chain(0) = SHA-256("cordon-log-v1");
6. keys and checkpoints in the log: Ed25519 signatures (RFC 8032) over signed notes (C2SP signed-note and
   tlog-checkpoint), and the Merkle root (RFC 6962) of as many entries as they say;
7. evidence files against the SHA-256 the log has of them; 8. the witness, if one is given.

Whoever rewrites a whole log can also sign it with a key of their own. Only what was kept elsewhere shows
that: compare the key printed at the end, or give --witness a checkpoint (a file, or digits read out).
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import json
import os
import re
import sys
import zipfile
import zlib
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple

Point = Tuple[int, int, int, int]
Key = Tuple[str, bytes, bytes]

TEXT = {
    "en": {
        "manifest": "The list of files (manifest.json) was altered.",
        "files": "Files are missing or were added: {detail}.",
        "file": "The file {detail} was altered.",
        "form": "The file {detail} is not in the form it should be.",
        "leaves": "leaves.txt is not the log whose chain hash the manifest has.",
        "leaf": "its hash in leaves.txt was altered",
        "order": "it is missing or out of place",
        "content": "its content was altered",
        "rows": "its data are not those that were sealed ({detail})",
        "texts": "a text was altered, added or removed",
        "erased": "a text is gone that no erasure on record names",
        "key": "a key has not the word of the one before",
        "note": "a checkpoint is not in its form",
        "signature": "the signature of a checkpoint is not that of the log's key",
        "root": "what was signed is another log: one of the entries {detail} is bad",
        "evidence": "the evidence file {detail} is not what it was",
        "keys": "keys.txt or checkpoint.txt is not what the log says.",
        "witness": "The witness saw another log than this one, within its first {detail} entries.",
        "longer": "The witness saw {detail} entries: this log was cut off, or is an older copy.",
        "unsigned": "The witness is not signed by a key of this log.",
        "entry": "Entry {seq}: {what}.",
        "bad": "NOT WHOLE.",
        "good": "WHOLE: what is in this file is what was written.",
        "size": "Log {origin}: {count} entries, {shown} of them in this file in full. Chain: {head}",
        "signed": "Under a signature: the first {signed} (checkpoints: {count}); not yet: the last {rest}.",
        "none": "No entry is under a signature: only a note of the chain hash, kept elsewhere, shows a rewritten log.",
        "used": "Key: {key}",
        "replaced": "ATTENTION: at entry {seq} a new key followed without the old one's word. Ask why.",
        "erasures": "Texts erased, on record: {count}, of the entries {detail}.",
        "files-erased": "Evidence files erased, on record: {detail}",
        "names": "Version without names. Texts with names replaced: {count}, documents left out: {rows}; these cannot be checked.",
        "absent": "Evidence files that are not in this export: {detail}",
        "agrees": "The witness agrees: {detail} entries.",
        "usage": "{detail} cannot be read or written.",
    },
    "fr": {
        "manifest": "La liste des fichiers (manifest.json) a été modifiée.",
        "files": "Des fichiers manquent ou ont été ajoutés : {detail}.",
        "file": "Le fichier {detail} a été modifié.",
        "form": "Le fichier {detail} n’a pas la forme voulue.",
        "leaves": "leaves.txt n’est pas le journal dont le manifeste donne l’empreinte.",
        "leaf": "son empreinte dans leaves.txt a été modifiée",
        "order": "elle manque ou n’est pas à sa place",
        "content": "son contenu a été modifié",
        "rows": "ses données ne sont pas celles qui furent scellées ({detail})",
        "texts": "un texte a été modifié, ajouté ou retiré",
        "erased": "un texte a disparu sans qu’un effacement consigné le nomme",
        "key": "une clé n’a pas la parole de la précédente",
        "note": "un point de contrôle n’a pas sa forme",
        "signature": "la signature d’un point de contrôle n’est pas de la clé du journal",
        "root": "ce qui fut signé est un autre journal : une des entrées {detail} est mauvaise",
        "evidence": "le fichier de preuve {detail} n’est pas ce qu’il était",
        "keys": "keys.txt ou checkpoint.txt ne correspond pas au journal.",
        "witness": "Le témoin a vu un autre journal que celui-ci, dans ses {detail} premières entrées.",
        "longer": "Le témoin a vu {detail} entrées : ce journal est tronqué, ou c’est une copie plus ancienne.",
        "unsigned": "Le témoin n’est pas signé par une clé de ce journal.",
        "entry": "Entrée {seq} : {what}.",
        "bad": "PAS ENTIER.",
        "good": "ENTIER : ce que contient ce fichier est ce qui fut écrit.",
        "size": "Journal {origin} : {count} entrées, dont {shown} en entier dans ce fichier. Empreinte : {head}",
        "signed": "Sous signature : les {signed} premières (points de contrôle : {count}) ; pas encore : les {rest} dernières.",
        "none": "Aucune entrée n’est signée : seule une empreinte notée ailleurs montre un journal réécrit.",
        "used": "Clé : {key}",
        "replaced": "ATTENTION : à l’entrée {seq} une nouvelle clé a suivi sans la parole de l’ancienne. Demandez pourquoi.",
        "erasures": "Textes effacés, l’effacement étant consigné : {count}, des entrées {detail}.",
        "files-erased": "Fichiers de preuve effacés, l’effacement étant consigné : {detail}",
        "names": "Version sans noms. Textes aux noms remplacés : {count}, documents laissés de côté : {rows} ; ils ne sont pas vérifiables.",
        "absent": "Fichiers de preuve absents de cet export : {detail}",
        "agrees": "Le témoin concorde : {detail} entrées.",
        "usage": "{detail} ne peut pas être lu ou écrit.",
    },
}


class Bad(Exception):
    """``what`` is a key of TEXT; ``seq`` the first bad entry, None where it is in none."""

    def __init__(self, what: str, detail: str = "", seq: Optional[int] = None) -> None:
        self.what, self.detail, self.seq = what, detail, seq
        super().__init__(what)


# --- Ed25519, RFC 8032 section 5.1 -------------------------------------------------------------------
# A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z. Nothing here is secret, so nothing takes care to
# run in constant time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, point)
        point, number = add(point, point), number >> 1
    return found


def point_from(data: bytes) -> Optional[Point]:
    """None for 32 bytes that are no point of the curve."""
    y = int.from_bytes(data, "little")
    odd, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (odd and not x):
        return None
    x = P - x if x & 1 != odd else x
    return x, y, 1, x * y % P


def bytes_of(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_from((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def signs(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is that of the key ``public`` (32 bytes) over ``message``."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, s = point_from(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (P - key[0], key[1], 1, P - key[3])
    return bytes_of(add(times(s, BASE), times(h, minus))) == signature[:32]


# --- keys, signed notes, the Merkle tree -------------------------------------------------------------


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def key_from(line: str) -> Key:
    """A verifier key ``name+id+base64`` as its name, id and public key."""
    name, key_id, encoded = line.split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    if data[:1] != b"\x01" or len(data) != 33 or sha(name.encode(), b"\n", data)[:4].hex() != key_id:
        raise ValueError("no verifier key")
    return name, bytes.fromhex(key_id), data[1:]


def note_from(note: str) -> Tuple[str, str, int, bytes, List[Key]]:
    """A signed note as its text, the origin, size and root the text says, and its signatures."""
    text, _, tail = note.rpartition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    found = []
    for line in tail.rstrip("\n").split("\n"):
        dash, name, encoded = line.split(" ")
        data = base64.b64decode(encoded, validate=True)
        if dash != "\u2014":
            raise ValueError("no signature line")
        found.append((name, data[:4], data[4:]))
    return text, origin, int(size), base64.b64decode(root, validate=True), found


def is_signed(text: str, signatures: Iterable[Key], keys: Iterable[Key]) -> bool:
    return any(
        (name, key_id) == key[:2] and signs(key[2], text.encode(), value)
        for name, key_id, value in signatures
        for key in keys
    )


def roots_of(leaves: bytes, sizes: Iterable[int]) -> Dict[int, bytes]:
    """The Merkle root of the first n leaves (32 bytes each), for each n in ``sizes``."""
    full: List[Tuple[int, bytes]] = []
    found, wanted = {}, set(sizes)
    for number in range(1, max(wanted, default=0) + 1):
        full.append((1, leaves[32 * number - 32 : 32 * number]))
        while len(full) > 1 and full[-1][0] == full[-2][0]:
            (width, right), (_, left) = full.pop(), full.pop()
            full.append((2 * width, sha(b"\x01", left, right)))
        if number in wanted:
            root = full[-1][1]
            for _, left in reversed(full[:-1]):
                root = sha(b"\x01", left, root)
            found[number] = root
    return found


# --- the export --------------------------------------------------------------------------------------


def check_files(archive: zipfile.ZipFile) -> Dict[str, Any]:
    """The manifest, once every file is what it says."""
    names = archive.namelist()
    try:
        raw = archive.read("manifest.json")
        if archive.read("manifest.sha256").decode() != hashlib.sha256(raw).hexdigest() + "  manifest.json\n":
            raise Bad("manifest")
        manifest: Dict[str, Any] = json.loads(raw)
        listed = manifest["files"]
    except (KeyError, ValueError) as error:
        raise Bad("manifest") from error
    strange = {*listed, "manifest.json", "manifest.sha256"}.symmetric_difference(names)
    if strange or len(names) != len(set(names)):
        raise Bad("files", ", ".join(sorted(strange)))
    for name, digest in listed.items():
        found = hashlib.sha256()
        with archive.open(name) as opened:
            for part in iter(lambda: opened.read(1 << 20), b""):
                found.update(part)
        if found.hexdigest() != digest:
            raise Bad("file", name)
    return manifest


def leaves_of(archive: zipfile.ZipFile) -> bytes:
    """All leaf hashes, one after the other."""
    leaves = bytearray()
    with archive.open("leaves.txt") as lines:
        for seq, line in enumerate(lines, 1):
            if not re.fullmatch(b"[0-9a-f]{64}\n", line):
                raise Bad("leaf", seq=seq)
            leaves += bytes.fromhex(line.decode())
    return bytes(leaves)


def check_chain(leaves: bytes, manifest: Dict[str, Any]) -> None:
    chain = sha(b"cordon-log-v1")
    for place in range(0, len(leaves), 32):
        chain = sha(b"\x02", chain, leaves[place : place + 32])
    if chain.hex() != manifest["chain"] or len(leaves) != 32 * manifest["entries"]:
        raise Bad("leaves")


def write_table(archive: zipfile.ZipFile, path: str) -> None:
    """The entries disclosed, once they are known to be good."""
    with open(path, "w", encoding="utf-8-sig", newline="") as made:
        table = csv.writer(made)
        table.writerow(["entry", "time", "what", "by", "name", "data", "texts"])
        with archive.open("entries.jsonl") as bodies, archive.open("rows.jsonl") as rows:
            with archive.open("texts.jsonl") as texts:
                for line in bodies:
                    beside, said = json.loads(rows.readline()), json.loads(texts.readline())
                    table.writerow(line_of(json.loads(line), beside["rows"], said["texts"]))


def line_of(body: Any, rows: Any, texts: Any) -> List[str]:
    """An entry as a line of the table. What a spreadsheet would take for a formula gets a ' in front."""
    said = {each["commitment"]: each.get("text", each.get("replaced", "")) for each in texts}
    name = said.pop(body["actor"]["name"], "")
    data = ["{}: {}".format(row[4], row[5]) for row in rows.get("note", ()) if row[4]]
    data += ["{} x {}".format(table, len(found)) for table, found in sorted(rows.items()) if table != "note"]
    cells = [body["at"], body["tag"], body["actor"]["id"], name, "; ".join(data), "\n".join(said.values())]
    return [str(body["seq"]), *("'" + cell if cell.startswith(FORMULA) else cell for cell in cells)]


FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Log:
    """What is learnt from the disclosed entries, in order."""

    def __init__(self, leaves: bytes, whole: bool, without_names: bool) -> None:
        self.leaves, self.whole, self.without_names = leaves, whole, without_names
        self.size = len(leaves) // 32
        self.origin = "cordon/" + leaves[:8].hex() if leaves else ""
        self.last = self.shown = self.replaced = self.left_out = 0
        self.keys: List[Key] = []
        self.key_lines: List[str] = []
        self.unworded: List[int] = []
        self.notes: List[Tuple[int, bytes, str]] = []
        self.gone: Dict[str, int] = {}
        self.erased: Set[str] = set()
        self.files_gone: Dict[str, int] = {}
        self.evidence: List[Tuple[str, str, int]] = []

    def read(self, line: bytes, rows: Any, texts: Any) -> None:
        try:
            body = json.loads(line)
            seq, tag = body["seq"], body["tag"]
        except (ValueError, KeyError, TypeError) as error:
            raise Bad("content", seq=self.last + 1) from error
        if type(seq) is not int or not self.last < seq <= self.size or (self.whole and seq != self.last + 1):
            raise Bad("order", seq=self.last + 1)
        if sha(b"\x00", line) != self.leaves[32 * seq - 32 : 32 * seq]:
            raise Bad("content", seq=seq)
        try:
            self._rows(seq, body["rows"], rows)
            self._texts(seq, body["texts"], texts)
        except (KeyError, TypeError, ValueError) as error:
            raise Bad("form", "rows.jsonl, texts.jsonl", seq) from error
        self._learn(seq, tag, rows["rows"])
        self.last, self.shown = seq, self.shown + 1

    def _rows(self, seq: int, sealed: Any, given: Any) -> None:
        if given["entry"] != seq or set(given["rows"]) - set(sealed):
            raise Bad("rows", "entry", seq)
        for table, (count, digest) in sealed.items():
            if table not in given["rows"]:
                if not (self.without_names and table == "revision"):
                    raise Bad("rows", table, seq)
                self.left_out += count
                continue
            rows = given["rows"][table]
            text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
            if len(rows) != count or hashlib.sha256(text.encode()).hexdigest() != digest:
                raise Bad("rows", table, seq)

    def _texts(self, seq: int, sealed: Any, given: Any) -> None:
        if given["entry"] != seq or sorted(each["commitment"] for each in given["texts"]) != sealed:
            raise Bad("texts", seq=seq)
        for each in given["texts"]:
            if "salt" in each:
                salt = bytes.fromhex(each["salt"])
                said = sha(b"\x03", salt, each["text"].encode()).hex()
                if said != each["commitment"] or salt.hex() != each["salt"]:
                    raise Bad("texts", seq=seq)
            elif each.get("erased"):
                self.gone[each["commitment"]] = seq
            elif self.without_names and "replaced" in each:
                self.replaced += 1
            else:
                raise Bad("texts", seq=seq)

    def _learn(self, seq: int, tag: str, rows: Any) -> None:
        """Columns: id, entry, place, recorded_at, then those of the table."""
        self.erased.update(row[4] for row in rows.get("erasure", ()))
        for row in rows.get("evidence", ()):
            if row[7]:
                self.evidence.append((row[7], row[8], seq))
        for row in rows.get("note", ()):
            data = dict(json.loads(row[5])) if row[4] in ("log-key", "attachment", "erased-file") else {}
            if row[4] == "erased-file" and tag == "home:payload:erased":
                self.files_gone[data["file"]] = seq
            elif row[4] == "attachment":
                self.evidence.append((data["file"], data["sha256"], seq))
            elif row[4] == "log-key":
                self._key(seq, tag, data)
        for row in rows.get("checkpoint", ()):
            self._checkpoint(seq, row[4], row[5])

    def _key(self, seq: int, tag: str, data: Any) -> None:
        try:
            line = data["verifier"]
            key, word = key_from(line), base64.b64decode(data.get("signature", ""), validate=True)
        except (KeyError, ValueError) as error:
            raise Bad("key", seq=seq) from error
        said = "cordon log key\n{}\n{}\n".format(self.origin, line).encode()
        if key[0] != self.origin:
            raise Bad("key", seq=seq)
        if self.keys and not signs(self.keys[-1][2], said, word):
            if tag != "person:logkey:replaced":
                raise Bad("key", seq=seq)
            self.unworded.append(seq)
        self.keys.append(key)
        self.key_lines.append(line)

    def _checkpoint(self, seq: int, size: int, note: str) -> None:
        try:
            text, origin, told, root, signatures = note_from(note)
        except ValueError as error:
            raise Bad("note", seq=seq) from error
        if (origin, told) != (self.origin, size) or not 0 < size < seq or text.count("\n") != 3:
            raise Bad("note", seq=seq)
        if not is_signed(text, signatures, self.keys[-1:]):
            raise Bad("signature", seq=seq)
        self.notes.append((size, root, note))

    def settle(self) -> int:
        """What only the end of the log tells; how many entries are under a signature."""
        for commitment, seq in sorted(self.gone.items(), key=lambda each: each[1]):
            if commitment not in self.erased:
                raise Bad("erased", seq=seq)
        signed = 0
        roots = roots_of(self.leaves, (size for size, _, _ in self.notes))
        for size, root, _ in self.notes:
            if roots.get(size) != root:
                raise Bad("root", "{}\u2013{}".format(signed + 1, size), signed + 1)
            signed = max(signed, size)
        return signed


def check_entries(archive: zipfile.ZipFile, manifest: Dict[str, Any], leaves: bytes) -> Log:
    log = Log(leaves, manifest["whole"], manifest["without_names"])
    with archive.open("entries.jsonl") as bodies, archive.open("rows.jsonl") as rows:
        with archive.open("texts.jsonl") as texts:
            for line in bodies:
                try:
                    beside = json.loads(rows.readline()), json.loads(texts.readline())
                except ValueError as error:
                    raise Bad("form", "rows.jsonl, texts.jsonl", log.last + 1) from error
                log.read(line.rstrip(b"\n"), *beside)
            if rows.read(1) or texts.read(1):
                raise Bad("form", "rows.jsonl, texts.jsonl")
    if manifest["whole"] and log.shown != log.size:
        raise Bad("order", seq=log.shown + 1)
    return log


def check_evidence(archive: zipfile.ZipFile, log: Log) -> Tuple[List[str], List[str]]:
    """The files that are not here: those that were erased after they were last cited, and the others."""
    names = set(archive.namelist())
    absent: Dict[str, int] = {}
    for file, digest, seq in log.evidence:
        if "evidence/" + file not in names:
            absent[file] = max(seq, absent.get(file, 0))
        elif hashlib.sha256(archive.read("evidence/" + file)).hexdigest() != digest:
            raise Bad("evidence", file, seq)
    erased = [file for file, seq in absent.items() if log.files_gone.get(file, 0) > seq]
    return erased, [file for file in absent if file not in erased]


def spans(numbers: Iterable[int]) -> str:
    """Numbers as "5, 9-14"."""
    found: List[List[int]] = []
    for each in sorted(set(numbers)):
        if found and each == found[-1][1] + 1:
            found[-1][1] = each
        else:
            found.append([each, each])
    return ", ".join(str(a) if a == b else "{}-{}".format(a, b) for a, b in found)


def check_witness(said: str, log: Log) -> int:
    """How many entries it saw."""
    if "\u2014" in said:
        try:
            text, origin, size, root, signatures = note_from(said.strip().replace("\r\n", "\n") + "\n")
        except ValueError as error:
            raise Bad("usage", "--witness") from error
        if not is_signed(text, signatures, log.keys) or origin != log.origin:
            raise Bad("unsigned")
        heard = ""
    else:
        digits = re.sub(r"\D", "", said)  # the last digit of every group is a check digit
        size, root = int(digits[:-31] or 0), b""
        heard = "".join(digits[-30:][place : place + 4] for place in range(0, 30, 5))
    if size > log.size:
        raise Bad("longer", str(size))
    found = roots_of(log.leaves, [size]).get(size, b"")
    digits_of_root = "{:024d}".format(int.from_bytes(found, "big") % 10**24)
    if not (digits_of_root == heard if heard else found == root):
        raise Bad("witness", str(size))
    return size


def verify(path: str, witness: str, say: Callable[..., None], table: str = "") -> None:
    """Says what was found, and writes the ``table`` if one is wanted. Raises Bad."""
    with zipfile.ZipFile(path) as archive:
        try:
            manifest = check_files(archive)
            log = check_entries(archive, manifest, leaves_of(archive))
            check_chain(log.leaves, manifest)
            signed = log.settle()
            erased, absent = check_evidence(archive, log)
            last = log.notes[-1][2] if log.notes else ""
            kept = archive.read("keys.txt").decode(), archive.read("checkpoint.txt").decode()
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
            raise Bad("form", str(error)) from error
        if kept != ("".join(line + "\n" for line in log.key_lines), last):
            raise Bad("keys")
        seen = check_witness(witness, log) if witness else None
        if table:
            write_table(archive, table)
    say("size", origin=log.origin, count=log.size, shown=log.shown, head=manifest["chain"])
    if log.notes:
        say("signed", signed=signed, count=len(log.notes), rest=log.size - signed)
        say("used", key=log.key_lines[-1])
    else:
        say("none")
    for seq in log.unworded:
        say("replaced", seq=seq)
    if log.gone:
        say("erasures", count=len(log.gone), detail=spans(log.gone.values()))
    if erased:
        say("files-erased", detail=", ".join(erased))
    if log.without_names:
        say("names", count=log.replaced, rows=log.left_out)
    if absent:
        say("absent", detail=", ".join(absent))
    if seen is not None:
        say("agrees", detail=seen)
    say("good")


def main() -> int:
    parser = argparse.ArgumentParser(
        usage="python3 verify.py FILE.zip [--witness FILE|DIGITS] [--csv TABLE] [--lang fr|en]"
    )
    parser.add_argument("file")
    parser.add_argument("--witness", default="")
    parser.add_argument("--csv", default="")
    parser.add_argument("--lang", choices=sorted(TEXT))
    asked = parser.parse_args()
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    words = TEXT[asked.lang or ("fr" if spoken.startswith("fr") else "en")]

    def say(what: str, **data: object) -> None:
        print(words[what].format(**data))

    try:
        witness = asked.witness
        if witness and os.path.exists(witness):
            with open(witness, encoding="utf-8") as opened:
                witness = opened.read()
        verify(asked.file, witness, say, asked.csv)
    except Bad as bad:
        if bad.what == "usage":
            say("usage", detail=bad.detail)
            return 2
        what = words[bad.what].format(detail=bad.detail)
        say("bad")
        print(words["entry"].format(seq=bad.seq, what=what.rstrip(".")) if bad.seq else what)
        return 1
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        say("bad")
        say("form", detail="{} ({})".format(asked.file, error))
        return 1
    except (OSError, UnicodeDecodeError) as error:
        say("usage", detail=getattr(error, "filename", None) or asked.file)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
