"""The rooms keep to themselves: rules that a newcomer could break without noticing."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [p for room in ("flows", "console", "tasks", "palayesh") for p in (ROOT / room).rglob("*.py")]


def test_no_agency_is_named_in_python() -> None:
    """An agency is data; only the generator of synthetic lists, which plays the agencies, knows them."""
    agencies = {p.name for p in (ROOT / "expectations" / "agencies").iterdir() if p.is_dir() and p.name != "_template"}
    assert agencies
    # Figures are named after the agency whose figure they are (contracts.md): those keys are not readings of a file.
    named = re.compile(r"[\"'](" + "|".join(sorted(agencies)) + r")(/\w+)?[\"']")
    allowed = ROOT / "palayesh" / "synthetic"
    hits = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in PYTHON
        if allowed not in path.parents and path.name != "synthetic_files.py"
        for match in named.finditer(path.read_text(encoding="utf-8"))
    ]
    assert hits == []


def test_nobody_reads_the_clock_in_a_decision() -> None:
    clock = re.compile(r"\b(date\.today|datetime\.now|datetime\.utcnow|time\.time|perf_counter)\(")
    hits = [
        p
        for p in PYTHON
        if "flows" not in p.parts and p.name != "clock.py" and clock.search(p.read_text(encoding="utf-8"))
    ]
    assert hits == []


def test_locks_name_no_host() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line for line in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)


def test_every_command_is_in_the_manual() -> None:
    from flows.cli import build

    commands = {command.name for command in build("en").registered_commands}
    assert commands == {
        "demo", "synth", "run", "check", "link", "report", "figures", "evaluate", "whatif", "release", "deliver", "serve", "doctor",
    }  # fmt: skip
    assert [group.name for group in build("en").registered_groups] == ["mend", "console"]


def test_every_word_is_said_in_both_languages() -> None:
    from flows.wording import WORDS

    for key, (persian, english) in WORDS.items():
        assert re.search("[آ-ی]", persian) or persian == english, key
        assert not re.search("[آ-ی]", english), key
        assert set(re.findall(r"{(\w+)}", persian)) == set(re.findall(r"{(\w+)}", english)), key
