"""docs/platforms.md and docs/platforms.fr.md: ``python -m tests.profiles.table`` writes them from the
profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from controller.catalog.profiles import load_profiles
from controller.domain.profile import DeviceProfile
from controller.text import LANGUAGES, Catalogue
from tests.profiles.meeting import SITES
from tests.profiles.worst import ADVERSITIES, Adversity, Ending

ROOT = Path(__file__).parents[2]

_SAYS: Mapping[str, Mapping[str, str]] = {
    "title": {
        "en": "# Platforms\n\n[Français](platforms.fr.md) · [Documents](index.md)\n\n"
        "What each shipped profile can cut, by what, and on what that was tried. Written by `make docs` from "
        "the profiles; not to be edited by hand. `cordon profiles` shows the same for your inventory, "
        "with what was rehearsed on your devices. Anything else: `platform: manual`, on the walk-list, or "
        "[a profile of your own](profiles.md#add-a-platform-in-one-yaml-file).",
        "fr": "# Plates-formes\n\n[English](platforms.md) · [Documents](index.fr.md)\n\n"
        "Ce que chaque profil livré sait couper, par quoi, et sur quoi cela a été essayé. Écrit par "
        "`make docs` à partir des profils ; ne pas modifier à la main. « cordon profiles » montre la même "
        "chose pour votre inventaire, avec ce qui a été répété sur vos équipements. Tout le reste : "
        "`platform: manual`, sur la feuille de route, ou "
        "[votre propre profil](profiles.fr.md#ajouter-une-plate-forme-en-un-fichier-yaml).",
    },
    "head": {
        "en": "| platform | point | methods | driver | takes effect | saved by | tried |",
        "fr": "| plate-forme | point | méthodes | pilote | prend effet | enregistrée par | essai |",
    },
    "words": {
        "en": "`real`: {real}. `simulated`: {simulated}. `transcript`: {transcript}.",
        "fr": "`real` : {real}. `simulated` : {simulated}. `transcript` : {transcript}.",
    },
    "at once": {"en": "line by line", "fr": "ligne par ligne"},
    "commit": {"en": "with `{line}`", "fr": "avec `{line}`"},
    "documents": {
        "en": "## The documents each rests on",
        "fr": "## Les documents sur lesquels chacun repose",
    },
    "returns": {
        "en": "{typed}; returns also napalm `{napalm}`",
        "fr": "{typed} ; retours aussi napalm `{napalm}`",
    },
    "worst": {
        "en": "## At their worst\n\n"
        "Each line was done at once to all simulated devices it is marked for, in one network "
        "that `cordon isolate` cut and `cordon restore` brought back. **cut**: every point was "
        "confirmed cut by the same run. **told**: the points stayed as they were and stood on the "
        "walk-list with the cause; asking again, once it was over, cut them. In each, the devices "
        "themselves were asked: what was reported is what traffic did, no candidate was left "
        "pending, nothing was read in a mode that should have been left, and the way back ended "
        "with the configuration of before. **held**, on the way back: what was not brought back stayed "
        "cut, reported so with the cause; asking again, once it was over, brought it back. —: "
        "there is no such thing on that platform.",
        "fr": "## Au pire\n\n"
        "Chaque ligne a été infligée en même temps à tous les équipements simulés où elle est "
        "cochée, dans un réseau que `cordon isolate` a coupé et que `cordon restore` a rétabli. "
        "**cut** : tous les points confirmés coupés par la même exécution. **told** : les points "
        "sont restés tels quels, sur la feuille de route avec la cause ; redemander, une fois la "
        "chose passée, les a coupés. Chaque fois, les équipements eux-mêmes ont été interrogés : "
        "ce qui est annoncé est ce que fait le trafic, aucune configuration candidate n’est "
        "restée en attente, rien n’a été lu dans un mode qui aurait dû être quitté, et le retour "
        "a rendu la configuration d’avant. **held**, au retour : ce qui n’a pas été rétabli est resté "
        "coupé, et a été annoncé tel avec la cause ; redemander, une fois la chose passée, l’a "
        "rétabli. — : cela n’existe pas sur cette plate-forme.",
    },
    "the same": {"en": "the same, on the way back", "fr": "la même chose, au retour"},
    "the device": {"en": "the device…", "fr": "l’équipement…"},
    "tagged": {"en": "one VLAN of several", "fr": "un VLAN parmi d’autres"},
}


def page(lang: str) -> str:
    profiles = load_profiles([ROOT / "device_profiles"])
    text = Catalogue(lang)
    tried = {word: text.text(f"profiles.tested.{word}") for word in ("real", "simulated", "transcript")}
    lines = [
        _SAYS["title"][lang],
        "",
        _SAYS["words"][lang].format(**tried),
        "",
        _SAYS["head"][lang],
        "|---|---|---|---|---|---|---|",
        *(row for profile in profiles.values() for row in _rows(profile, lang)),
        "",
        *_worst(lang),
        "",
        _SAYS["documents"][lang],
        "",
    ]
    for profile in profiles.values():
        lines += [f"### `{profile.platform}`", "", *(f"- {source}" for source in profile.sources), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(profile: DeviceProfile, lang: str) -> Iterator[str]:
    commit = profile.session.commit
    effect = _SAYS["commit"][lang].format(line=commit.send[-1]) if commit else _SAYS["at once"][lang]
    saved = ", ".join(f"`{line}`" for line in profile.save.send) if profile.save else ""
    for spec in profile.points.values():
        kind = f"{spec.kind} ({_SAYS['tagged'][lang]})" if spec.tagged else spec.kind.value
        methods = ", ".join(method.value for method in spec.methods)
        cells = (
            f"`{profile.platform}`",
            kind,
            methods,
            _driver(profile, lang),
            effect,
            saved or "—",
            f"`{profile.tested}`",
        )
        yield f"| {' | '.join(cells)} |"


def _driver(profile: DeviceProfile, lang: str) -> str:
    typed = f"netmiko `{profile.session.netmiko}`"
    if profile.napalm is None:
        return typed
    return _SAYS["returns"][lang].format(typed=typed, napalm=profile.napalm.driver)


def _worst(lang: str) -> Iterator[str]:
    yield _SAYS["worst"][lang]
    yield ""
    yield f"| {_SAYS['the device'][lang]} | {' | '.join(f'`{name}`' for name in SITES)} |"
    yield "|---" * (len(SITES) + 1) + "|"
    for each in ADVERSITIES:
        yield f"| {each.title[lang]} | {' | '.join(_ending(each, name) for name in SITES)} |"
        if each.returns:
            yield f"| {_SAYS['the same'][lang]} | {' | '.join(_return(each, name) for name in SITES)} |"


def _ending(adversity: Adversity, platform: str) -> str:
    if platform not in adversity.platforms:
        return "—"
    return "**told**" if adversity.ending is Ending.TOLD else "cut"


def _return(adversity: Adversity, platform: str) -> str:
    return "**held**" if platform in adversity.platforms else "—"


def file(lang: str) -> Path:
    return ROOT / "docs" / ("platforms.md" if lang == "en" else f"platforms.{lang}.md")


if __name__ == "__main__":
    for each in LANGUAGES:
        file(each).write_text(page(each), "utf-8")
        print(file(each))
