"""The vault: opened here by primitives alone; nothing that was changed in it is ever believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.engine.planning.vaulting import VaultStanding, VaultState
from controller.text import LANGUAGES, Catalogue
from controller.vault import private
from controller.vault.access import Unattended, VaultAccess
from controller.vault.private import LARGEST, SecretUnavailable
from controller.vault.sealed import VaultUnavailable
from controller.vault.vault import Opener, Vault, made_key_file

SECRET, OTHER = "Hirondelle-42", "Étourneau\nde trois lignes\n"
PHRASE = "quatre mots bien choisis"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


@pytest.fixture
def key(tmp_path: Path) -> Opener:
    return made_key_file(tmp_path / "key")


@pytest.fixture
def full(vault: Vault, key: Opener) -> Vault:
    vault.create(key)
    vault.put(key, "net", SECRET, known=False)
    vault.put(key, "old", OTHER, known=False)
    return vault


def reason(act: Callable[[], object]) -> str:
    with pytest.raises(VaultUnavailable) as caught:
        act()
    assert SECRET not in str(caught.value)
    return caught.value.reason


# --- by primitives alone ------------------------------------------------------------------------------


def body_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes().partition(b"\n")[2])
    return found


def b64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def hkdf(material: bytes, salt: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block."""
    extracted = hmac.digest(salt or bytes(32), material, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def opened_by_hand(path: Path, unwrapping: Callable[[dict[str, Any]], bytes]) -> dict[str, str]:
    body = body_of(path)
    wrap = body["wrap"]
    bound = {name: wrap[name] for name in ("by", "memory_kib", "passes", "lanes")}
    data_key = AESGCM(unwrapping(wrap)).decrypt(
        b64(wrap["nonce"]),
        b64(wrap["sealed"]),
        canonical({**bound, "vault": body["id"], "salt": b64(wrap["salt"]).hex()}),
    )
    seal = b64(body.pop("seal"))
    assert seal == hmac.digest(hkdf(data_key, b"", b"cordon-vault seal"), canonical(body), "sha256")
    records = AESGCM(hkdf(data_key, b"", b"cordon-vault records"))
    return {
        name: records.decrypt(
            b64(each["nonce"]),
            b64(each["sealed"]),
            canonical({"vault": body["id"], "name": name, "version": each["version"]}),
        ).decode()
        for name, each in body["secrets"].items()
    }


def test_what_is_on_disk_is_what_the_format_says_by_passphrase(vault: Vault) -> None:
    opener = Opener.passphrase(PHRASE)
    vault.create(opener)
    vault.put(opener, "net", SECRET, known=False)

    def unwrapping(wrap: dict[str, Any]) -> bytes:
        assert (wrap["by"], wrap["memory_kib"], wrap["passes"], wrap["lanes"]) == ("passphrase", 65536, 3, 4)
        return hash_secret_raw(PHRASE.encode(), b64(wrap["salt"]), 3, 65536, 4, 32, Type.ID)

    assert opened_by_hand(vault.path, unwrapping) == {"net": SECRET}
    assert vault.path.stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in vault.path.read_bytes()


def test_what_is_on_disk_is_what_the_format_says_by_key_file(full: Vault, key: Opener) -> None:
    def unwrapping(wrap: dict[str, Any]) -> bytes:
        return hkdf(key.material, b64(wrap["salt"]), b"cordon-vault key file")

    assert opened_by_hand(full.path, unwrapping) == {"net": SECRET, "old": OTHER}
    assert full.open(key).reveal("old") == OTHER


def test_no_nonce_salt_or_key_ever_comes_again(full: Vault, key: Opener, tmp_path: Path) -> None:
    seen: list[str] = []
    for turn in range(4):
        full.put(key, "net", SECRET, known=True)
        full.reseal(key, key)
        body = body_of(full.path)
        seen += [body["wrap"]["salt"], body["wrap"]["nonce"], body["wrap"]["sealed"]]
        seen += [each["nonce"] for each in body["secrets"].values()]
        assert body["secrets"]["net"]["version"] == turn + 2
    assert len(seen) == len(set(seen))


# --- what was changed is not believed -----------------------------------------------------------------


def test_every_flipped_byte_is_damage_and_no_wrong_passphrase(full: Vault, key: Opener) -> None:
    whole = full.path.read_bytes()
    found = set()
    for at in range(len(whole)):
        full.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        found.add(reason(lambda: full.open(key)))
    for end in range(0, len(whole), 37):
        full.path.write_bytes(whole[:end])
        found.add(reason(lambda: full.open(key)))
    assert found == {"vault-damaged", "vault-from-the-future"}


def rewritten(path: Path, body: dict[str, Any]) -> None:
    """As somebody would who can write the file, knows the format, and has no key."""
    content = canonical(body) + b"\n"
    path.write_bytes(f"cordon-vault 1 {hashlib.sha256(content).hexdigest()}\n".encode() + content)


def test_the_forger_of_these_tests_writes_what_is_accepted(full: Vault, key: Opener) -> None:
    rewritten(full.path, body_of(full.path))
    assert full.open(key).versions == {"net": 1, "old": 1}


def _swap(body: dict[str, Any], _old: dict[str, Any]) -> None:
    secrets = body["secrets"]
    secrets["net"], secrets["old"] = secrets["old"], secrets["net"]


def _swap_sealed(body: dict[str, Any], _old: dict[str, Any]) -> None:
    for part in ("sealed", "nonce"):
        net, old = body["secrets"]["net"], body["secrets"]["old"]
        net[part], old[part] = old[part], net[part]


def _roll_back_one(body: dict[str, Any], old: dict[str, Any]) -> None:
    body["secrets"]["net"] = old["secrets"]["net"]


def _roll_back_one_as_new(body: dict[str, Any], old: dict[str, Any]) -> None:
    body["secrets"]["net"] = {**old["secrets"]["net"], "version": body["secrets"]["net"]["version"]}


def _remove(body: dict[str, Any], _old: dict[str, Any]) -> None:
    del body["secrets"]["old"]


def _rename(body: dict[str, Any], _old: dict[str, Any]) -> None:
    body["secrets"]["new"] = body["secrets"].pop("old")


def _add(body: dict[str, Any], _old: dict[str, Any]) -> None:
    body["secrets"]["copy"] = body["secrets"]["net"]


def _generation(body: dict[str, Any], _old: dict[str, Any]) -> None:
    body["generation"] += 1


def _old_seal(body: dict[str, Any], old: dict[str, Any]) -> None:
    body["seal"] = old["seal"]


def _other_vault(body: dict[str, Any], _old: dict[str, Any]) -> None:
    body["id"] = "0" * 32


def _costs(body: dict[str, Any], _old: dict[str, Any]) -> None:
    body["wrap"]["passes"] = 1


@pytest.mark.parametrize(
    ("forge", "wanted"),
    [
        (_swap, "vault-altered"),
        (_swap_sealed, "vault-altered"),
        (_roll_back_one, "vault-altered"),
        (_roll_back_one_as_new, "vault-altered"),
        (_remove, "vault-altered"),
        (_rename, "vault-altered"),
        (_add, "vault-altered"),
        (_generation, "vault-altered"),
        (_old_seal, "vault-altered"),
        (_other_vault, "vault-wrong-key-file"),
        (_costs, "vault-wrong-key-file"),
    ],
)
def test_who_can_write_the_file_but_has_no_key_is_noticed(
    full: Vault, key: Opener, forge: Callable[[dict[str, Any], dict[str, Any]], None], wanted: str
) -> None:
    old = body_of(full.path)
    full.put(key, "net", "Martinet-43", known=True)
    body = body_of(full.path)
    forge(body, old)
    rewritten(full.path, body)
    assert reason(lambda: full.open(key)) == wanted


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_forged_value_anywhere_is_accepted(full: Vault, key: Opener, data: st.DataObject) -> None:
    """One value somewhere in the body replaced by another of its kind."""
    whole = full.path.read_bytes()
    body = body_of(full.path)
    places = [
        (part, name)
        for part in (body, body["wrap"], *body["secrets"].values())
        for name in part
        if not isinstance(part[name], dict)
    ]
    part, name = data.draw(st.sampled_from(places))
    before = part[name]
    if isinstance(before, int):
        part[name] = data.draw(st.integers(-2, 2**21).filter(lambda value: value != before))
    else:
        part[name] = base64.b64encode(
            data.draw(st.binary(max_size=64).filter(lambda value: base64.b64encode(value).decode() != before))
        ).decode()
    rewritten(full.path, body)
    try:
        assert reason(lambda: full.open(key)) in {
            "vault-altered",
            "vault-damaged",
            "vault-wrong-key-file",
            "vault-from-the-future",
        }
    finally:
        full.path.write_bytes(whole)


def test_a_file_cannot_ask_for_the_machines_memory(vault: Vault) -> None:
    vault.create(Opener.passphrase(PHRASE))
    body = body_of(vault.path)
    body["wrap"]["memory_kib"] = 64 * 1024 * 1024
    rewritten(vault.path, body)
    began = time.monotonic()
    assert reason(lambda: vault.open(Opener.passphrase(PHRASE))) == "vault-damaged"
    assert time.monotonic() - began < 1


# --- openers ------------------------------------------------------------------------------------------


def test_a_wrong_opener_is_told_from_damage_and_from_the_other_kind(vault: Vault, key: Opener) -> None:
    assert reason(lambda: vault.open(key)) == "vault-absent"
    vault.create(Opener.passphrase(PHRASE))
    assert reason(lambda: vault.open(Opener.passphrase(PHRASE + " "))) == "vault-wrong-passphrase"
    assert reason(lambda: vault.open(key)) == "vault-wants-passphrase"
    assert reason(lambda: vault.create(key)) == "vault-exists"


def test_a_passphrase_is_the_same_however_its_accents_were_typed(vault: Vault) -> None:
    vault.create(Opener.passphrase("d\u00e9j\u00e0 quatre mots"))
    assert vault.open(Opener.passphrase("de\u0301ja\u0300 quatre mots")).versions == {}


def test_a_key_file_is_made_once_and_must_be_ours_alone(tmp_path: Path, full: Vault, key: Opener) -> None:
    path = tmp_path / "key"
    assert made_key_file(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    assert reason(lambda: Opener.key_file(path)) == "vault-key-file"
    path.chmod(0o600)
    path.write_text("short\n")
    assert reason(lambda: Opener.key_file(path)) == "vault-key-file"
    assert reason(lambda: full.open(made_key_file(tmp_path / "another"))) == "vault-wrong-key-file"
    assert reason(lambda: Opener.new_passphrase("too short")) == "vault-short-passphrase"
    assert PHRASE not in repr(Opener.passphrase(PHRASE))


# --- changing -----------------------------------------------------------------------------------------


def test_values_and_names_are_checked_and_nothing_is_changed(full: Vault, key: Opener) -> None:
    before = full.path.read_bytes()
    for name, value, known, wanted in (
        ("net", SECRET, False, "vault-known-name"),
        ("new", SECRET, True, "vault-unknown-name"),
        ("../x", SECRET, False, "vault-bad-name"),
        ("new", "", False, "vault-empty-value"),
        ("new", "x" * (LARGEST + 1), False, "vault-value-too-large"),
    ):
        with pytest.raises(VaultUnavailable) as caught:
            full.put(key, name, value, known=known)
        assert caught.value.reason == wanted
    assert reason(lambda: full.remove(key, "new")) == "vault-unknown-name"
    assert full.path.read_bytes() == before
    assert full.put(key, "new", "x" * LARGEST, known=False).reveal("new") == "x" * LARGEST


def test_sealed_anew_the_old_opener_and_the_old_data_key_open_nothing(full: Vault, key: Opener) -> None:
    before = full.open(key)
    new = Opener.passphrase(PHRASE)
    full.reseal(key, new)
    assert full.open(new).reveal("net") == SECRET
    assert reason(lambda: full.open(key)) == "vault-wants-passphrase"
    assert reason(lambda: full.open_with_key(before.data_key)) == "vault-altered"


def test_changes_at_the_same_time_all_stay(full: Vault, key: Opener) -> None:
    threads = [
        threading.Thread(target=full.put, args=(key, f"n{number}", SECRET), kwargs={"known": False})
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(full.open(key).versions) == {"net", "old", *(f"n{number}" for number in range(8))}
    assert full.read().generation == 11


def test_a_change_is_on_disk_before_it_has_its_name_and_its_name_before_it_is_done(
    full: Vault, key: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        done.append(f"synced {Path(f'/proc/self/fd/{descriptor}').readlink().name}")

    def renamed(path: Path, target: Path) -> Path:
        done.append(f"renamed {path.name} to {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    full.put(key, "new", SECRET, known=False)
    assert done == ["synced .vault.new", "renamed .vault.new to vault", f"synced {full.path.parent.name}"]


def test_a_full_disk_leaves_the_old_vault_whole(full: Vault, tmp_path: Path) -> None:
    before = full.path.read_bytes()
    program = (
        "import resource, sys, pathlib\n"
        "from controller.vault.vault import Vault, Opener\n"
        "from controller.vault.sealed import VaultUnavailable\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "try: Vault(here / 'vault').put(Opener.key_file(here / 'key'), 'new', 'x' * 500, known=False)\n"
        "except VaultUnavailable as error: print(error.reason)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "vault-not-written"
    assert full.path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "vault", "vault.lock"]


# --- one process's access -----------------------------------------------------------------------------


def taken(access: VaultAccess, name: str) -> str:
    try:
        return access.reveal(name)
    except SecretUnavailable as error:
        return error.reason


def test_a_vault_of_a_person_stays_closed_until_they_open_it(vault: Vault) -> None:
    access = VaultAccess(vault)
    assert access.state().standing is VaultStanding.ABSENT
    assert taken(access, "net") == "vault-absent"
    opener = Opener.passphrase(PHRASE)
    vault.create(opener)
    vault.put(opener, "net", SECRET, known=False)
    assert access.state() == VaultState(VaultStanding.NEEDS_PERSON, "vault-closed", frozenset({"net"}))
    assert taken(access, "net") == "vault-closed"
    assert reason(lambda: access.open_with_passphrase("another one")) == "vault-wrong-passphrase"
    access.open_with_passphrase(PHRASE)
    assert (taken(access, "net"), taken(access, "old")) == (SECRET, "not-in-vault")
    assert access.state().standing is VaultStanding.OPEN


def test_what_opens_it_unattended_is_used(full: Vault, key: Opener, tmp_path: Path) -> None:
    by_key = VaultAccess(full, Unattended(key_file=tmp_path / "key"))
    assert taken(by_key, "net") == SECRET
    assert taken(VaultAccess(full), "net") == "vault-wants-key-file"
    full.reseal(key, Opener.passphrase(PHRASE))
    phrase = tmp_path / "phrase"
    phrase.touch(0o600)
    phrase.write_text(PHRASE + "\n")
    assert taken(VaultAccess(full, Unattended(passphrase_file=phrase)), "net") == SECRET
    phrase.chmod(0o644)
    open_to_others = VaultAccess(full, Unattended(passphrase_file=phrase))
    assert taken(open_to_others, "net") == "vault-passphrase-file"
    assert open_to_others.state().standing is VaultStanding.NEEDS_PERSON


def test_a_passphrase_comes_by_a_descriptor_once_and_is_not_waited_for(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.create(Opener.passphrase(PHRASE))
    reading, writing = os.pipe()
    os.write(writing, PHRASE.encode() + b"\n")
    os.close(writing)
    access = VaultAccess(vault, Unattended(passphrase_fd=reading))
    assert access.state().standing is VaultStanding.OPEN
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)
    monkeypatch.setattr(private, "_GIVEN_WITHIN", 0.2)
    reading, writing = os.pipe()
    began = time.monotonic()
    assert VaultAccess(vault, Unattended(passphrase_fd=reading)).state().reason == "vault-passphrase-file"
    assert time.monotonic() - began < 1.5
    os.close(writing)
    os.close(reading)


def test_a_changed_vault_is_read_anew_and_a_resealed_one_is_closed(full: Vault, key: Opener) -> None:
    access = VaultAccess(full)
    access.open(key)
    assert taken(access, "net") == SECRET
    full.put(key, "net", "Martinet-43", known=True)
    assert taken(access, "net") == "Martinet-43"
    full.reseal(key, Opener.passphrase(PHRASE))
    assert taken(access, "net") == "vault-closed"


def test_a_lent_key_opens_and_one_that_does_not_fit_is_refused(full: Vault, key: Opener) -> None:
    lender, borrower = VaultAccess(full), VaultAccess(full)
    assert lender.data_key is None
    lender.open(key)
    assert lender.data_key is not None
    assert reason(lambda: borrower.open_with_key(bytes(32))) == "vault-altered"
    borrower.open_with_key(lender.data_key)
    assert taken(borrower, "net") == SECRET
    assert reason(borrower.opener) == "vault-closed"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_can_be_wrong_with_a_vault_has_a_text(lang: str) -> None:
    words = Catalogue(lang)
    source = Path(private.__file__).parent
    codes = {
        code for path in source.glob("*.py") for code in re.findall(r'"(vault-[a-z-]+)"', path.read_text())
    }
    codes |= {f"vault-{how}-{what}" for how in ("wrong", "wants") for what in ("passphrase", "key-file")}
    assert {"vault-damaged", "vault-closed", "vault-altered"} <= codes
    assert [code for code in sorted(codes) if f"error.{code}" not in words] == []
