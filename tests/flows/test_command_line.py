"""Every command explains itself in both languages, and says only what concerns the person at the keyboard."""

import re

import pytest
import typer.main
from typer.testing import CliRunner

from flows.cli import build, main
from palayesh.adapters import settings

COMMANDS = (
    "demo", "synth", "run", "check", "link", "report", "figures", "evaluate", "whatif", "release", "deliver", "serve", "doctor",
)  # fmt: skip
WITH_GROUPS = (
    *COMMANDS, "mend", "mend export", "mend take", "console", "console users", "console users add", "console users password",
)  # fmt: skip


@pytest.fixture
def persian() -> typer.Typer:
    settings.override(lang="fa")
    return build("fa")


def test_every_command_is_known_here(persian: typer.Typer) -> None:
    assert {command.name for command in persian.registered_commands} == set(COMMANDS)
    assert [group.name for group in persian.registered_groups] == ["mend", "console"]


@pytest.mark.parametrize("command", WITH_GROUPS)
def test_persian_help_is_persian(command: str, persian: typer.Typer) -> None:
    """Outside names, types and values there is no English word in it."""
    shown = CliRunner().invoke(persian, [*command.split(), "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "گزینه‌ها" in shown.stdout
    assert not re.search(r"Options|Arguments|Show this|required|default:", shown.stdout)


@pytest.mark.parametrize("command", WITH_GROUPS)
def test_english_help_is_english(command: str) -> None:
    settings.override(lang="en")
    shown = CliRunner().invoke(build("en"), [*command.split(), "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "Options" in shown.stdout
    assert not re.search(r"[آ-ی]", shown.stdout)


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_option_and_argument_is_explained(lang: str) -> None:
    group = typer.main.get_command(build(lang))
    unexplained = [
        f"{name} {parameter.name}"
        for name, command in [*group.commands.items(), *group.commands["mend"].commands.items()]
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        (["run"], "--month"),
        (["rn"], "run"),
        (["synth", "--seed", "x", "--out", "out"], "--seed"),
        (["synth", "--mess", "9", "--out", "out"], "--mess"),
        (["synth", "--fooo", "2"], "--fooo"),
        (["doctor", "more"], "palayesh doctor -h"),
    ],
)
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_what_is_wrongly_called_is_said_in_one_line(
    wrong: list[str], names: str, lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("sys.argv", ["palayesh", "--lang", lang, *wrong])
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err.strip()
    assert ended.value.code == 2
    assert "\n" not in said
    assert names in said
    assert bool(re.search("[آ-ی]", said)) == (lang == "fa")
