"""The flash, the files on it, and how one becomes part of the configuration.

Cisco IOS Configuration Fundamentals Command Reference: "copy" (a file copied to the running configuration is
merged into it line by line: a line that is refused is shown with the reason, those after it are taken all the
same), "delete", "dir", "file prompt" (``quiet``: file operations ask nothing), "more", "verify".
Configuration Management Configuration Guide, "Contextual Configuration Diff Utility": ``show archive config
incremental-diffs`` lists the lines of a file that are not in the running configuration, each behind the line
of the mode it belongs to, as the indentation of the file has it. Secure Shell Configuration Guide, "Secure
Copy": the server is off until ``ip scp server enable``, and wants privilege 15.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from controller.simulator.cisco_ios.shell import Handler, Mode, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.modal import paged
from controller.simulator.shell import Ask, Reply

FLASH = "flash:"
_SIZE = 11353194496


def _named(written: str) -> str:
    """The name of a file on the flash, which is also where one without a file system is."""
    system, colon, name = written.rpartition(":")
    if colon and f"{system}:" != FLASH:
        raise Rejected(f"%Error opening {written} (No such device)")
    return name.lstrip("/")


def _content(shell: Shell, written: str, doing: str = "opening") -> str:
    name = _named(written)
    if name not in shell.device.files:
        raise Rejected(f"%Error {doing} {FLASH}/{name} (No such file or directory)")
    return shell.device.files[name]


def _quiet(shell: Shell) -> bool:
    return shell.device.running.settings.file_prompt == "quiet"


def _asked(shell: Shell, question: str, act: Handler, arguments: Arguments) -> Reply | str | None:
    """What the command does, at once or once the name it proposes is accepted."""
    if _quiet(shell):
        return act(shell, arguments)

    def answer(given: str) -> Reply:
        if given.strip():
            return Reply("%Error: another name is not simulated", result="rejected")
        said = act(shell, arguments)
        return said if isinstance(said, Reply) else Reply(said or "")

    return Reply(ask=Ask(question, answer))


# --- files ----------------------------------------------------------------------------------------------


def _dir(shell: Shell, arguments: Arguments) -> Reply:
    name = _named(arguments.text()) if arguments.values else ""
    files = shell.device.files
    if name:
        files = {name: _content(shell, name)}
    lines = [f"Directory of {FLASH}/{name}", ""]
    for number, (each, text) in enumerate(sorted(files.items()), start=11):
        lines.append(f"{number:>5}  -rw-{len(text.encode()):>13}   Jan 5 2026 10:00:00 +00:00  {each}")
    free = _SIZE - sum(len(text.encode()) for text in shell.device.files.values())
    return paged([*lines, "", f"{_SIZE} bytes total ({free} bytes free)"])


def _more(shell: Shell, arguments: Arguments) -> Reply:
    return paged(_content(shell, arguments.text()))


def _md5(shell: Shell, arguments: Arguments) -> str:
    content = _content(shell, arguments.text())
    sum_ = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    return f".Done!\nverify /md5 ({FLASH}/{_named(arguments.text())}) = {sum_}\n"


def _erase(shell: Shell, arguments: Arguments) -> None:
    _content(shell, arguments.text(), "deleting")
    shell.device.files = {
        name: text for name, text in shell.device.files.items() if name != _named(arguments.text())
    }


def _delete(shell: Shell, arguments: Arguments) -> Reply | str | None:
    def confirm(_shell: Shell, _arguments: Arguments) -> Reply:
        def confirmed(_key: str) -> Reply:
            _erase(shell, arguments)
            return Reply()

        return Reply(ask=Ask(f"Delete {FLASH}/{name}? [confirm]", confirmed, key=True))

    name = _named(arguments.text())
    if _quiet(shell):
        _erase(shell, arguments)
        return None
    return _asked(shell, f"Delete filename [{name}]? ", confirm, arguments)


def _to_file(shell: Shell, arguments: Arguments) -> Reply | str | None:
    def written(_shell: Shell, _arguments: Arguments) -> str:
        text = shell.device.running.text() + "\n"
        shell.device.files = {**shell.device.files, name: text}
        return _copied(text)

    name = _named(arguments.text())
    return _asked(shell, f"Destination filename [{name}]? ", written, arguments)


def _to_running(shell: Shell, arguments: Arguments) -> Reply | str | None:
    def merged(_shell: Shell, _arguments: Arguments) -> str:
        return "\n".join([*_merge(shell, content), _copied(content)])

    content = _content(shell, arguments.text())
    return _asked(shell, "Destination filename [running-config]? ", merged, arguments)


def _copied(content: str) -> str:
    size = len(content.encode())
    return f"{size} bytes copied in 0.118 secs ({int(size / 0.118)} bytes/sec)\n"


def _merge(shell: Shell, content: str) -> list[str]:
    """What the lines that were refused are answered with, each behind its line."""
    typing = Shell(shell.device, shell.grammars, shell.user, shell.line)
    typing.enter(Mode.CONFIG)
    said: list[str] = []
    for line in content.splitlines():
        if line.strip() == "end":
            break
        refused = shell.device.faults.at_line("reject", line.strip(), changes=True)
        reply = Reply(shell.device.unauthorized, result="rejected") if refused else typing.execute(line)
        if reply.result != "ok":
            said += [line, reply.text.rstrip("\n"), ""]
    return said


def receive(shell: Shell, path: str, content: str) -> str:
    """What secure copy is refused with; "" where the file was taken."""
    if not shell.device.running.settings.scp_server:
        return "Administratively disabled."
    if shell.mode is not Mode.ENABLED:
        return "Privilege denied."
    try:
        shell.device.files = {**shell.device.files, _named(path): content}
    except Rejected as refused:
        return refused.text
    return ""


# --- differences ------------------------------------------------------------------------------------------


def _incremental(shell: Shell, arguments: Arguments) -> Reply:
    has = set(_placed(shell.device.running.text()))
    lines: list[str] = []
    shown = ""
    for mode, line in _placed(_content(shell, arguments.text())):
        if (mode, line) in has:
            continue
        if mode and mode != shown and mode not in lines:
            lines.append(mode)
        shown = mode
        lines.append(f" {line}" if mode else line)
    return paged(["!List of Commands:", *lines, "end", *([] if lines else ["!No changes were found"]), ""])


def _placed(text: str) -> list[tuple[str, str]]:
    """Each line with that of the mode it is in."""
    found: list[tuple[str, str]] = []
    mode = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("!") or line == "end":
            continue
        if line.startswith(" "):
            found.append((mode, line.strip()))
        else:
            mode = line.strip()
            found.append(("", mode))
    return found


# --- configuration ----------------------------------------------------------------------------------------


def _prompts(how: str) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        running = shell.device.running
        running.settings = replace(running.settings, file_prompt=how)

    return handler


def _scp(on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        running = shell.device.running
        running.settings = replace(running.settings, scp_server=on)

    return handler


def add_files(grammars: dict[str, Grammar[Handler]]) -> None:
    """To privileged EXEC what reads, writes and removes files, to the configuration what they need."""
    enabled, config = grammars["exec"], grammars["config"]
    enabled.add("dir", _dir)
    enabled.add("dir <word>", _dir)
    enabled.add("more <word>", _more)
    enabled.add("verify /md5 <word>", _md5)
    enabled.add("delete <word>", _delete)
    enabled.add("delete /force <word>", _erase)
    enabled.add("copy running-config <word>", _to_file)
    enabled.add("copy <word> running-config", _to_running)
    enabled.add("show archive config incremental-diffs <word>", _incremental)
    enabled.add("show archive config incremental-diffs <word> ignorecase", _incremental)
    config.add("file prompt quiet", _prompts("quiet"))
    config.add("file prompt alert", _prompts(""))
    config.add("no file prompt quiet", _prompts(""))
    config.add("no file prompt", _prompts(""))
    config.add("ip scp server enable", _scp(True))
    config.add("no ip scp server enable", _scp(False))
