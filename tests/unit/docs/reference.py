"""docs/reference.md and docs/reference.fr.md: ``python -m tests.unit.docs.reference`` writes them from the
commands, the settings and the texts people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from controller.cli.application import application
from controller.cli.asked import Asked
from controller.cli.exits import Exit
from controller.domain.tags import Tag
from controller.settings import Settings
from controller.text import LANGUAGES, Catalogue

DOCS = Path(__file__).parents[3] / "docs"

Both = Mapping[str, str]
"""A text by language."""

_SAYS: Mapping[str, Both] = {
    "title": {
        "en": "# Commands, exit codes, settings, hazards, entries of the log\n\n"
        "[Français](reference.fr.md) · [Documents](index.md)",
        "fr": "# Commandes, codes de sortie, réglages, dangers, entrées du journal\n\n"
        "[English](reference.md) · [Documents](index.fr.md)",
    },
    "written": {
        "en": "Written by `make docs` from the program itself; not to be edited by hand.",
        "fr": "Écrit par `make docs` à partir du programme lui-même ; ne pas modifier à la main.",
    },
    "commands": {"en": "## Commands", "fr": "## Commandes"},
    "everywhere": {
        "en": "### Options of every command\n\nBefore or after the command's name.",
        "fr": "### Options de toutes les commandes\n\nAvant ou après le nom de la commande.",
    },
    "exits": {"en": "## Exit codes", "fr": "## Codes de sortie"},
    "settings": {
        "en": "## Settings\n\nEnvironment variables. An option on the command line goes before.",
        "fr": "## Réglages\n\nVariables d’environnement. Une option de la ligne de commande passe avant.",
    },
    "by default": {"en": "By default: {value}.", "fr": "Par défaut : {value}."},
    "tags": {
        "en": "## Entries of the log\n\nThe tag of an entry, `source:subject:action`, and how it is told. "
        "`cordon audit show --tag` takes a tag or its beginning.",
        "fr": "## Entrées du journal\n\nL’étiquette d’une entrée, `source:sujet:action`, et comment elle est "
        "dite. `cordon audit show --tag` prend une étiquette ou son début.",
    },
    "hazards": {
        "en": "## Hazards\n\nWhat the planner found, as a person reads it. "
        "A line that begins with “{refuse}” stops the plan before anything is sent; "
        "one that begins with “{warn}” stops nothing.",
        "fr": "## Dangers\n\nCe que le planificateur a trouvé, comme une personne le lit. "
        "Une ligne qui commence par « {refuse} » arrête le plan avant tout envoi ; "
        "une qui commence par « {warn} » n’arrête rien.",
    },
}

_EXITS: Mapping[Exit, Both] = {
    Exit.DONE: {
        "en": "everything wanted has the proof wanted",
        "fr": "tout ce qui était voulu a la preuve voulue",
    },
    Exit.INVALID: {
        "en": "the command, a file or a setting is wrong; nothing was done",
        "fr": "la commande, un fichier ou un réglage est faux ; rien n’a été fait",
    },
    Exit.REFUSED: {
        "en": "a safety rule stands in the way; nothing was sent",
        "fr": "une règle de sûreté s’y oppose ; rien n’a été envoyé",
    },
    Exit.WAITING: {
        "en": "waiting for other people: a consent, an approval, an attestation; nothing was sent past that",
        "fr": "attend d’autres personnes (accord, approbation, attestation) ; rien n’a été envoyé au-delà",
    },
    Exit.LED_ELSEWHERE: {
        "en": "another process leads this home and does not answer",
        "fr": "un autre processus mène ce répertoire et ne répond pas",
    },
    Exit.UNPROVEN: {
        "en": "it ran, and something lacks its proof; what, is listed",
        "fr": "exécuté, et quelque chose n’a pas sa preuve ; la liste en est donnée",
    },
    Exit.NOT_JOURNALLED: {
        "en": "nothing can be journalled any more: nothing, or nothing more, was sent",
        "fr": "plus rien ne peut être journalisé : rien, ou plus rien, n’a été envoyé",
    },
    Exit.INTERNAL: {
        "en": "a defect of Cordon; what was sent is in the journal",
        "fr": "un défaut de Cordon ; ce qui a été envoyé est dans le journal",
    },
    Exit.INTERRUPTED: {
        "en": "stopped by a person; what is done stays done",
        "fr": "arrêté par une personne ; ce qui est fait reste fait",
    },
}

_SETTINGS_IN_FRENCH = {
    "inventory": "Le fichier d’inventaire du site.",
    "home": "Où sont la base, les clés et les preuves.",
    "profiles": "Répertoires où chercher les profils avant ceux livrés.",
    "playbooks": "Répertoires où chercher les scénarios avant ceux livrés.",
    "lang": "Langue de tous les textes, fr ou en ; par défaut celle de LANG.",
    "connect_timeout": "Secondes pour avoir une session prête avec un équipement.",
    "operation_timeout": "Secondes pour l’opération d’un équipement, du premier octet à la relecture.",
    "save_timeout": "Secondes qu’a un équipement pour enregistrer sa configuration de démarrage "
    "et la montrer.",
    "threads": "Équipements traités en même temps.",
    "workers": "Processus qui tiennent les sessions avec les équipements ; 0 : celui-là même qui agit. "
    "auto : un par processeur, s’il y en a plusieurs et au moins 100 équipements.",
    "arm": "Garde ouvertes des sessions avec les points de passage obligés tant qu’un service tourne ; "
    "false : avec aucun équipement.",
    "rehearsal_days": "Jours après lesquels ce qui a été répété compte de nouveau comme jamais essayé.",
    "signal_keys": "Un répertoire avec les clés des programmes qui peuvent signaler par l'API : "
    "un fichier chacun.",
    "checkpoint_entries": "Nombre d’entrées après lequel le journal est signé au plus tard.",
    "checkpoint_minutes": "Minutes après lesquelles les nouvelles entrées sont signées au plus tard.",
    "forward": "Où le journal est transmis (syslog sous TLS) : ADRESSE:PORT ; par défaut nulle part.",
    "forward_ca": "Certificats (PEM) dont un répond de celui de ce récepteur.",
    "forward_pin": "Le SHA-256 du certificat de ce récepteur, à la place ou en plus.",
    "forward_name": "Le nom pour lequel est son certificat, si ce n’est pas son adresse.",
    "forward_certificate": "Le certificat (PEM) auquel ce récepteur reconnaît qui envoie.",
    "forward_key": "La clé privée (PEM) de ce certificat.",
    "forward_without_names": "N’envoie ni noms ni ce que des personnes ont écrit, si true.",
    "retention": "Pour combien de temps est gardé ce qui est tenu à côté du journal, par exemple "
    "transcripts=1095d tables=365d ; par défaut pour de bon.",
    "session_idle_minutes": "Minutes sans signe de vie après lesquelles une session se termine.",
    "session_hours": "Heures après lesquelles une session se termine de toute façon.",
    "argon2_memory_kib": "Mémoire d’une empreinte de mot de passe, en Kio.",
    "argon2_passes": "Passes d’une empreinte de mot de passe.",
    "argon2_threads": "Empreintes de mots de passe calculées en même temps.",
    "vault_key_file": "Le fichier de clé qui ouvre le coffre des secrets d’équipements.",
    "vault_passphrase_file": "Un fichier, à vous seul, avec la phrase secrète du coffre.",
    "vault_passphrase_fd": "Un descripteur hérité où lire, une fois, la phrase secrète du coffre.",
    "log_format": "Forme des lignes de journal du programme lui-même, text ou json.",
    "log_level": "Niveau minimal de ces lignes : debug, info, warning ou error. "
    "En text warning, en json info.",
    "log_file": "Où vont ces lignes ; par défaut la sortie d’erreur.",
    "spool_after_ms": "Millisecondes laissées à la base pour enregistrer avant que le fichier de secours "
    "prenne le relais.",
}


def page(lang: str) -> str:
    words = Catalogue(lang)
    says = {name: both[lang] for name, both in _SAYS.items()}
    lines = [says["title"], "", says["written"], "", says["commands"], ""]
    tree: Any = application(words)
    common = {f"--{each.name.replace('_', '-')}" for each in fields(Asked)}
    for name, command in _commands(tree, "cordon"):
        lines += _command(name, command, common)
    lines += [says["everywhere"], "", *_options(tree.params, common, shared=True), ""]
    lines += [says["exits"], "", "| | |", "|---|---|"]
    lines += [f"| `{int(code)}` | {_EXITS[code][lang]} |" for code in Exit]
    lines += ["", says["settings"], "", "| | |", "|---|---|", *_settings(lang), ""]
    marks = {"refuse": words.text("severity.refuse"), "warn": words.text("severity.warn")}
    lines += [says["hazards"].format(**marks), "", "| | |", "|---|---|"]
    for code in words:
        if code.startswith("hazard."):
            lines.append(f"| `{code.removeprefix('hazard.')}` | {_cell(words.raw(code))} |")
    lines += ["", says["tags"], "", "| | |", "|---|---|"]
    lines += [f"| `{tag.value}` | {words.text('tag.' + tag.value.replace(':', '.'))} |" for tag in Tag]
    return "\n".join(lines) + "\n"


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _command(name: str, command: Any, common: set[str]) -> list[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join((name, *(_argument(each) for each in arguments)))
    lines = [f"### `{usage}`", "", str(command.help), ""]
    lines += [f"- `{each.name.upper()}` — {each.help}" for each in arguments]
    if arguments:
        lines.append("")
    options = _options(command.params, common)
    return [*lines, *options, *([""] if options else [])]


def _argument(argument: Any) -> str:
    name = argument.name.upper()
    return name if argument.required else f"[{name}]"


def _options(params: list[Any], common: set[str], *, shared: bool = False) -> list[str]:
    """Those of every command (``shared``), or the command's own."""
    lines = []
    for each in params:
        if each.param_type_name != "option" or "--help" in each.opts:
            continue
        if bool(common.intersection(each.opts)) is shared:
            shown = ", ".join(each.opts) + (f" {each.metavar}" if each.metavar else "")
            lines.append(f"- `{shown}` — {each.help}")
    return lines


def _settings(lang: str) -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        text = str(field.description) if lang == "en" else _SETTINGS_IN_FRENCH[name]
        if isinstance(field.default, int | float):
            text += " " + _SAYS["by default"][lang].format(value=f"{field.default:g}")
        yield f"| `CORDON_{name.upper()}` | {text} |"


def _cell(text: str) -> str:
    plain = text.replace("{{", "{").replace("}}", "}").replace("{culprit:.12}", "{culprit}")
    return plain.replace("|", "\\|")


def file(lang: str) -> Path:
    return DOCS / ("reference.md" if lang == "en" else f"reference.{lang}.md")


if __name__ == "__main__":
    for each in LANGUAGES:
        file(each).write_text(page(each), "utf-8")
        print(file(each))
