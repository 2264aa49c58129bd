"""The command line: one command, ``palayesh``, for the steward, the sender and the administrator."""

import datetime as dt
import json
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
from persiantools.jdatetime import JalaliDate
from typer import rich_utils

from flows import environment
from flows.wording import WORDS, say
from palayesh.adapters import settings
from palayesh.exit_codes import REFUSED, UNFORESEEN, USAGE
from palayesh.findings import Refusal
from palayesh.language import Language
from palayesh.persian_text import to_ascii_digits
from palayesh.reporting_month import ReportingMonth

_UsageError: Any = typer.BadParameter.__mro__[1]  # Typer names only the child


def main() -> None:
    """Run the command line; every failure is one line that says what to do, and an exit code."""
    arguments, lang = _language(sys.argv[1:])
    settings.override(lang=lang)
    environment.quiet()
    try:
        sys.exit(build(lang)(arguments, standalone_mode=False))
    except Refusal as refusal:
        _fail(refusal.sentence_fa if lang == "fa" else refusal.sentence_en, REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)
    except _UsageError as error:
        _fail(_usage(error, lang), USAGE)
    except Exception as error:  # noqa: BLE001 - the last net: its message may quote a person's data, so only its place is shown
        _fail(say("unforeseen", lang, place=_place(error)), UNFORESEEN)


def _language(arguments: list[str]) -> tuple[list[str], Language]:
    """The arguments without ``--lang``, which may stand anywhere, and the language it asks for."""
    rest: list[str] = []
    asked = ""
    pending = iter(arguments)
    for argument in pending:
        if argument == "--lang":
            asked = next(pending, "")
        elif argument.startswith("--lang="):
            asked = argument.removeprefix("--lang=")
        else:
            rest.append(argument)
    if asked in ("fa", "en"):
        return rest, "fa" if asked == "fa" else "en"
    if asked:
        _fail("--lang fa | en", USAGE)
    return rest, settings.current().language


def _fail(sentence: str, code: int) -> None:
    from flows.screen_output import errors

    errors.print(f"palayesh: {sentence}", style="red", markup=False)
    sys.exit(code)


def _usage(error: Any, lang: Language) -> str:
    """What was wrongly called, in one line in the language, and where its help is."""
    command = error.ctx.command_path if error.ctx else "palayesh"
    named = ", ".join(getattr(getattr(error, "param", None), "opts", [])) or getattr(error, "option_name", "")
    kind = type(error).__name__
    if isinstance(error, typer.BadParameter):
        key = "usage_missing" if kind == "MissingParameter" else "usage_value"
    elif kind == "NoSuchOption":
        key = "usage_option"
    elif isinstance(getattr(error.ctx, "command", None), _Group):
        key, named = "usage_command", ", ".join(error.ctx.command.commands)
    else:
        key = "usage_other"
    return say(key, lang, name=named, command=command)


def _place(error: BaseException) -> str:
    if type(error).__name__ in ("StageFailed", "BrokenAccount"):
        return str(error)
    here = Path(__file__).resolve().parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(here) and ".venv" not in f.filename] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def build(lang: Language) -> typer.Typer:
    """The commands, with their help in the language."""
    _word_help(lang)
    app = typer.Typer(
        cls=_Group,
        help=say("app", lang),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    def option(key: str, *names: str, **more: Any) -> Any:
        return typer.Option(*names, help=say(key, lang), **more)

    def argument(key: str) -> Any:
        return typer.Argument(help=say(key, lang))

    def command(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return app.command(name, cls=_Command, help=say(name, lang))

    month_type = Annotated[str, option("opt_month", "--month")]
    out_type = Annotated[Path, option("opt_out", "--out")]
    seed_type = Annotated[int, option("opt_seed", "--seed")]
    profile_type = Annotated[str, option("opt_profile", "--profile")]
    mess_type = Annotated[float, option("opt_mess", "--mess", min=0, max=3)]
    persons_type = Annotated[int, option("opt_persons", "--persons", min=1000)]
    months_type = Annotated[int, option("opt_months", "--months", min=1, max=60)]
    by_type = Annotated[str | None, option("opt_by", "--by")]
    inbox_type = Annotated[Path, option("opt_inbox", "--inbox")]

    @app.callback()
    def everywhere(language: Annotated[str, option("lang", "--lang")] = lang) -> None:
        """Only for the help: ``--lang`` has been taken out of the arguments before they are read."""

    @command("demo")
    def demo(
        out: out_type = Path("demo-out"),
        seed: seed_type = 1404,
        profile: profile_type = "reference",
        mess: mess_type = 1.0,
        persons: persons_type = 25_000,
    ) -> None:
        from flows import demonstration

        sys.exit(demonstration.demo(out, seed=seed, profile=profile, mess=mess, persons=persons, lang=lang))

    @command("synth")
    def synth(
        out: out_type,
        month: month_type = "1404-02",
        seed: seed_type = 1404,
        profile: profile_type = "reference",
        mess: mess_type = 1.0,
        persons: persons_type = 25_000,
        months: months_type = 1,
    ) -> None:
        from flows import demonstration

        demonstration.synthesise(
            out,
            month=_month(month, lang),
            seed=seed,
            profile=profile,
            mess=mess,
            persons=persons,
            months=months,
            lang=lang,
        )
        _written(out, lang)

    @command("run")
    def run(
        month: month_type,
        inbox: Annotated[Path | None, option("opt_inbox_if", "--inbox")] = None,
        confirm: Annotated[list[str] | None, option("opt_confirm", "--confirm")] = None,
        received_on: Annotated[str | None, option("opt_received_on", "--received-on")] = None,
        issued_on: Annotated[str | None, option("opt_issued_on", "--issued-on")] = None,
        by: by_type = None,
    ) -> None:
        from flows import running

        if by is not None:
            settings.override(operator=by)
        if inbox is not None and not inbox.is_dir():
            raise Refusal("no_folder", say("no_folder", "fa", path=inbox), say("no_folder", "en", path=inbox))
        chosen = _month(month, lang)
        days = {"received_on": _day(received_on, lang), "issued_on": _day(issued_on, lang)}
        sys.exit(running.run(chosen, inbox, lang=lang, confirmed=confirm or [], **days))

    @command("check")
    def check(
        file: Annotated[Path, argument("arg_file")],
        agency: Annotated[str, option("opt_agency", "--agency")],
        list_name: Annotated[str | None, option("opt_list", "--list")] = None,
        month: Annotated[str | None, option("opt_month", "--month")] = None,
        copy: Annotated[Path | None, option("opt_copy", "--copy")] = None,
        as_json: Annotated[bool, option("opt_json", "--json")] = False,
        show_all: Annotated[bool, option("opt_all", "--all")] = False,
    ) -> None:
        from flows import checking

        chosen = _month(month, lang) if month else ReportingMonth.of(dt.date.today())
        sys.exit(
            checking.check(file, agency, list_name, chosen, copy=copy, as_json=as_json, show_all=show_all, lang=lang)
        )

    @command("link")
    def link(
        files: Annotated[list[Path], argument("arg_files")],
        out: out_type,
        record_id: Annotated[str, option("opt_record_id", "--record-id")] = "record_id",
        map_: Annotated[list[str] | None, option("opt_map", "--map")] = None,
        calendar: Annotated[str, option("opt_calendar", "--calendar")] = "jalali",
        engine: Annotated[str | None, option("opt_engine", "--engine")] = None,
        against: Annotated[Path | None, option("opt_against", "--against")] = None,
        prepare: Annotated[Path | None, option("opt_prepare", "--prepare")] = None,
    ) -> None:
        from flows import linking

        linking.link_files(
            files,
            out,
            record_id=record_id,
            mapping=map_ or [],
            calendar=calendar,
            lang=lang,
            engine=engine,
            against=against,
            prepare=prepare,
        )
        _written(out, lang)

    @command("report")
    def report(
        month: month_type,
        kind: Annotated[str, option("opt_kind", "--kind")] = "coverage",
        formats: Annotated[str, option("opt_format", "--format")] = "html,pdf",
        out: Annotated[Path | None, option("opt_out", "--out")] = None,
    ) -> None:
        from flows import reporting

        for path in reporting.report(_month(month, lang), kind=kind, formats=formats, out=out, lang=lang):
            _written(path, lang)

    @command("figures")
    def figures(month: month_type, as_json: Annotated[bool, option("opt_json", "--json")] = False) -> None:
        from flows import reporting

        reporting.show_figures(_month(month, lang), as_json=as_json, lang=lang)

    @command("evaluate")
    def evaluate(
        month: month_type,
        truth: Annotated[Path, option("opt_truth", "--truth")],
        json_out: Annotated[Path | None, option("opt_json_out", "--json")] = None,
    ) -> None:
        from flows import evaluation

        evaluation.evaluate_month(_month(month, lang), truth, json_out=json_out, lang=lang)
        if json_out is not None:
            _written(json_out, lang)

    @command("whatif")
    def whatif(
        month: month_type,
        changes: Annotated[list[str], option("opt_set", "--set")],
        out: Annotated[Path | None, option("opt_page", "--out")] = None,
    ) -> None:
        from flows import whatif as what_if

        if path := what_if.show(_month(month, lang), changes, out=out, lang=lang):
            _written(path, lang)

    mend = typer.Typer(
        cls=_Group,
        help=say("mend_group", lang),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.add_typer(mend, name="mend", cls=_Group, help=say("mend_group", lang))

    @mend.command("export", cls=_Command, help=say("mend_export", lang))
    def mend_export(
        month: month_type,
        list_key: Annotated[str, option("opt_list_key", "--list")],
        out: Annotated[Path, option("opt_workbook", "--out")],
        sent_back: Annotated[bool, option("opt_sent_back", "--sent-back")] = False,
    ) -> None:
        from flows import mending

        mending.export(_month(month, lang), list_key, out, sent_back=sent_back, lang=lang)
        _written(out, lang)

    @mend.command("take", cls=_Command, help=say("mend_take", lang))
    def mend_take(
        file: Annotated[Path, argument("arg_workbook")],
        by: Annotated[str, option("opt_by", "--by")],
        reason: Annotated[str | None, option("opt_reason", "--reason")] = None,
    ) -> None:
        from flows import mending

        sys.exit(mending.take(file, by=by, reason=reason, lang=lang))

    @command("release")
    def release(
        month: month_type,
        by: Annotated[str, option("opt_by", "--by")],
        yes: Annotated[bool, option("opt_yes", "--yes")] = False,
    ) -> None:
        from flows import delivering

        settings.override(operator=by)
        sys.exit(delivering.release(_month(month, lang), confirmed=yes, lang=lang))

    @command("deliver")
    def deliver(
        status: Annotated[bool, option("opt_status", "--status")] = False,
        month: Annotated[str | None, option("opt_month", "--month")] = None,
        resend: Annotated[str | None, option("opt_resend", "--resend")] = None,
        bounced: Annotated[str | None, option("opt_bounced", "--bounced")] = None,
        acknowledged: Annotated[str | None, option("opt_acknowledged", "--acknowledged")] = None,
        returns: Annotated[bool, option("opt_returns", "--returns")] = False,
        by: by_type = None,
    ) -> None:
        from flows import delivering

        acts = {"resend": resend, "bounced": bounced, "acknowledged": acknowledged}
        asked = {act: message for act, message in acts.items() if message}
        if len(asked) + status + returns > 1:
            raise Refusal("one_act", say("one_act", "fa"), say("one_act", "en"))
        if asked and not by:
            raise Refusal("by_missing", say("by_missing", "fa"), say("by_missing", "en"))
        if status:
            sys.exit(delivering.status(_month(month, lang) if month else None, lang=lang))
        if returns:
            sys.exit(delivering.read_returns(lang=lang))
        for act, message in asked.items():
            sys.exit(delivering.decide(message, act, by=str(by), lang=lang))
        sys.exit(delivering.deliver(lang=lang))

    @command("serve")
    def serve(inbox: inbox_type = Path("inbox")) -> None:
        from flows import schedule

        schedule.serve(inbox, lang=lang)

    _add_console(app, lang, option, argument)

    @command("doctor")
    def doctor(as_json: Annotated[bool, option("opt_json", "--json")] = False) -> None:
        from flows import readiness

        findings = readiness.examine(lang)
        if as_json:
            print(json.dumps(findings, ensure_ascii=False, indent=1))
        else:
            readiness.show(findings, lang)
        sys.exit(0 if all(f["ready"] for f in findings) else REFUSED)

    return app


def _add_console(app: typer.Typer, lang: Language, option: Callable[..., Any], argument: Callable[[str], Any]) -> None:
    """``palayesh console``, and ``palayesh console users …`` for the people who may sign in."""
    console = typer.Typer(cls=_Group, help=say("console", lang), add_completion=False, rich_markup_mode=None)
    users = typer.Typer(cls=_Group, help=say("console_users", lang), add_completion=False, no_args_is_help=True)
    app.add_typer(console, name="console")
    console.add_typer(users, name="users")
    name_type = Annotated[str, argument("arg_user")]

    def user_command(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return users.command(name, cls=_Command, help=say(f"users_{name}", lang))

    @console.callback(invoke_without_command=True)
    def serve(
        context: typer.Context, port: Annotated[int, option("opt_port", "--port", min=1, max=65535)] = 8400
    ) -> None:
        if context.invoked_subcommand is None:
            from flows import stewards_console

            stewards_console.serve(port, lang=lang)

    @user_command("add")
    def add(
        name: name_type,
        role: Annotated[str, option("opt_role", "--role")],
        agency: Annotated[str | None, option("opt_user_agency", "--agency")] = None,
        title: Annotated[str, option("opt_title", "--title")] = "",
        code: Annotated[bool, option("opt_code", "--code")] = False,
    ) -> None:
        from flows import stewards_console

        stewards_console.add_user(name, title=title, role=role, agency=agency, code=code, lang=lang)

    @user_command("list")
    def everybody() -> None:
        from flows import stewards_console

        stewards_console.list_users(lang)

    @user_command("password")
    def password(name: name_type) -> None:
        from flows import stewards_console

        stewards_console.change_password(name, lang)

    @user_command("code")
    def code(name: name_type) -> None:
        from flows import stewards_console

        stewards_console.require_code(name, lang)

    @user_command("close")
    def close(name: name_type) -> None:
        from flows import stewards_console

        stewards_console.set_active(name, False, lang)

    @user_command("open")
    def open_again(name: name_type) -> None:
        from flows import stewards_console

        stewards_console.set_active(name, True, lang)


def _word_help(lang: Language) -> None:
    """Typer's own words, which it keeps in its module, in the language."""
    rich_utils.OPTIONS_PANEL_TITLE = say("panel_options", lang)
    rich_utils.ARGUMENTS_PANEL_TITLE = say("panel_arguments", lang)
    rich_utils.COMMANDS_PANEL_TITLE = say("panel_commands", lang)
    rich_utils.ERRORS_PANEL_TITLE = say("panel_error", lang)
    rich_utils.REQUIRED_LONG_STRING = say("required", lang)
    rich_utils.DEFAULT_STRING = WORDS["default_is"][0 if lang == "fa" else 1]


class _WordedHelp:
    """``--help`` says what it does in the language that was asked for."""

    def get_help_option(self, context: Any) -> Any:
        option = super().get_help_option(context)  # type: ignore[misc]
        if option is not None:
            option.help = say("help", settings.current().language)
        return option


class _Command(_WordedHelp, typer.core.TyperCommand):
    pass


class _Group(_WordedHelp, typer.core.TyperGroup):
    pass


def _month(text: str, lang: Language) -> ReportingMonth:
    try:
        return ReportingMonth.parse(text)
    except ValueError:
        shown = re.sub(r"[^\w/-]", "", text)[:20]
        raise Refusal("bad_month", say("bad_month", "fa", text=shown), say("bad_month", "en", text=shown)) from None


def _day(text: str | None, lang: Language) -> dt.date | None:
    """A Solar Hijri day like ``1404-03-02``."""
    if text is None:
        return None
    try:
        year, month, day = map(int, to_ascii_digits(text).replace("/", "-").split("-"))
        return dt.date.fromisoformat(JalaliDate(year, month, day).to_gregorian().isoformat())  # type: ignore[no-untyped-call]
    except ValueError:
        shown = re.sub(r"[^\w/-]", "", text)[:20]
        raise Refusal("bad_day", say("bad_day", "fa", text=shown), say("bad_day", "en", text=shown)) from None


def _written(path: Path, lang: Language) -> None:
    from flows.screen_output import console

    console.print(say("written", lang, path=path), markup=False)


if __name__ == "__main__":
    main()
