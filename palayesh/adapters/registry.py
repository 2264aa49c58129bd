"""The registry: what was received, decided and computed, in SQLite (WAL) or PostgreSQL.

One transaction per submission and per step of a run. Two runs of one month exclude each other by a lock that dies with
its process, so nothing has to be cleaned up after a kill.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    Integer,
    String,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from palayesh.accounting import BrokenAccount
from palayesh.adapters import tables
from palayesh.adapters.console_models import ReviewCard
from palayesh.adapters.files import private_folder
from palayesh.adapters.locks import Locks, lock_number
from palayesh.adapters.models import (
    ConfirmedHeading,
    Correction,
    Figure,
    Frame,
    Judgement,
    RecordFinding,
    Report,
    ReviewPair,
    RuleResult,
    Run,
    RunStep,
    Submission,
)
from palayesh.corrections.standing import PROPOSE
from palayesh.findings import Refusal

RECORD_SHA_LENGTH = 12
"""So much of a file's SHA-256 stands in the ids of its records."""
PAUSE_SECONDS = 5.0
"""A connection that lay idle for so long is asked whether it still holds."""
_ONE_MIGRATION = threading.Lock()
"""Alembic keeps what it is migrating in names of its modules: one database at a time in one process, whatever the database."""


Beside = Callable[[Connection], object] | None
"""What is written in the transaction of a decision: its entry in the audit log."""


class Registry(Locks):
    """The registry behind one database address; safe to use from several threads."""

    def __init__(self, engine: Engine, locks: Path) -> None:
        # A read is one statement: on PostgreSQL nothing is begun and ended around it, each of which would be a turn to the server.
        is_sqlite = engine.dialect.name == "sqlite"
        super().__init__(engine if is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT"), locks)
        self.writing = engine.execution_options(palayesh_writes=True)

    @classmethod
    def open(cls, url: str, *, locks: Path) -> Registry:
        """A registry whose schema is the newest; made on first use.

        Raises Refusal ``database_unreachable`` or ``database_newer`` (written by a later version of this programme).
        """
        address = make_url(url)
        if address.drivername == "sqlite" and address.database:
            private_folder(Path(address.database).parent)
        engine = create_engine(address, hide_parameters=True)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_at_once)
        else:
            _ask_after_a_pause(engine)
        registry = cls(engine, locks)
        registry._migrate()
        return registry

    def _migrate(self) -> None:
        try:
            with (
                self._file_or_database_lock("migration", wait=True),
                self.writing.connect() as connection,
                _unlinked(connection),
                connection.begin(),
                _ONE_MIGRATION,
            ):
                config = Config()
                config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise Refusal(
                "database_unreachable",
                "پایگاه داده در دسترس نیست؛ نشانی PALAYESH_DATABASE_URL را بررسی و «palayesh doctor» را اجرا کنید.",
                "The database cannot be reached: check PALAYESH_DATABASE_URL and run `palayesh doctor` "
                f"({type(error).__name__}).",
            ) from None
        except Exception as error:
            if "Can't locate revision" not in str(error):
                raise
            raise Refusal(
                "database_newer",
                "این پایگاه داده را نسخهٔ تازه‌تری از برنامه نوشته است؛ برنامه را به‌روز کنید.",
                "This database was written by a newer version of the programme: update the programme.",
            ) from None

    # -- frames ----------------------------------------------------------------------------------------------------

    def save_frame(self, connection: Connection, owner: str, name: str, frame: pd.DataFrame) -> None:
        """``owner`` has the table ``name``; an earlier one of that name is gone."""
        content = tables.to_bytes(frame)
        connection.execute(delete(Frame).where(Frame.owner == owner, Frame.name == name))
        connection.execute(
            insert(Frame).values(
                owner=owner, name=name, row_count=len(frame), sha256=tables.digest(content), content=content
            )
        )

    def frame(self, owner: str, name: str, columns: Collection[str] | None = None) -> pd.DataFrame:
        """The table that was saved. Raises KeyError if there is none."""
        with self.engine.connect() as connection:
            content = connection.execute(
                select(Frame.content).where(Frame.owner == owner, Frame.name == name)
            ).scalar_one_or_none()
        if content is None:
            raise KeyError(f"{owner} has no table {name}")
        return tables.from_bytes(content, columns)

    def frame_or_none(self, owner: str, name: str) -> pd.DataFrame | None:
        """The table that was saved; nothing where its owner is older than the table."""
        try:
            return self.frame(owner, name)
        except KeyError:
            return None

    def frame_digest(self, owner: str, name: str) -> str:
        """SHA-256 of the table that was saved. Raises KeyError if there is none."""
        with self.engine.connect() as connection:
            digest = connection.execute(
                select(Frame.sha256).where(Frame.owner == owner, Frame.name == name)
            ).scalar_one_or_none()
        if digest is None:
            raise KeyError(f"{owner} has no table {name}")
        return str(digest)

    def frame_digests(self, owners: Collection[str], name: str) -> dict[str, str]:
        """SHA-256 of each owner's table of that name; those that have none are left out."""
        query = select(Frame.owner, Frame.sha256).where(Frame.owner.in_(list(owners)), Frame.name == name)
        with self.engine.connect() as connection:
            return {str(owner): str(digest) for owner, digest in connection.execute(query)}

    # -- submissions -----------------------------------------------------------------------------------------------

    def submission(self, submission_id: str) -> Submission:
        """One submission. Raises KeyError if there is none of that id."""
        found = self._submissions(Submission.id == submission_id)
        if not found:
            raise KeyError(submission_id)
        return found[0]

    def submission_of_record(self, record_id: str) -> Submission:
        """The submission that a record stands in. Raises KeyError if there is none."""
        agency, list_name, sha256, *_ = [*record_id.split("/"), "", ""]
        list_key = f"{agency}/{list_name}"
        found = self._submissions(
            Submission.list_key == list_key, Submission.sha256.startswith(sha256, autoescape=True)
        )
        if not found or len(sha256) != RECORD_SHA_LENGTH:
            raise KeyError("no submission holds this record")
        return found[0]

    def submissions(
        self, month: str, *, agency: str | None = None, states: Iterable[str] | None = None
    ) -> list[Submission]:
        """The month's submissions in their order of arrival."""
        where = [Submission.month == month]
        if agency is not None:
            where.append(Submission.agency == agency)
        if states is not None:
            where.append(Submission.state.in_(list(states)))
        return self._submissions(*where)

    def months_of_list(self, list_key: str, *, since: str) -> list[str]:
        """The months from ``since`` on for which the list has come, oldest first."""
        query = select(Submission.month).where(Submission.list_key == list_key, Submission.month >= since).distinct()
        with self.engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def months_held(self, before: str) -> list[str]:
        """Months earlier than ``before`` of which rows are held, oldest first."""
        query = select(Submission.month).where(Submission.month < before).distinct().order_by(Submission.month)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def submissions_of_bytes(self, sha256: str) -> list[Submission]:
        """Every submission, of any agency and month, with these bytes."""
        return self._submissions(Submission.sha256 == sha256)

    def _submissions(self, *where: Any) -> list[Submission]:
        query = select(Submission).where(*where).order_by(Submission.month, Submission.agency, Submission.position)
        with self.engine.connect() as connection:
            return [
                Submission(**row._mapping)
                for row in connection.execute(query.with_only_columns(*Submission.__table__.c))
            ]

    def add_submission(self, submission: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> str:
        """The submission and its tables are in the registry, or nothing is. Returns its id.

        The id follows from agency, month and bytes, so the same file is the same submission on every machine.
        """
        number = hashlib.sha256(
            f"{submission['agency']} {submission['month']} {submission['sha256']}".encode()
        ).hexdigest()
        submission_id = f"S{number[:12]}"
        with self.writing.begin() as connection:
            if connection.execute(select(Submission.id).where(Submission.id == submission_id)).first():
                return submission_id
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
                connection.execute(select(func.pg_advisory_xact_lock(lock_number("positions"))))
            position = connection.execute(
                select(func.coalesce(func.max(Submission.position), 0) + 1).where(
                    Submission.month == submission["month"]
                )
            ).scalar_one()
            connection.execute(insert(Submission).values(id=submission_id, position=position, **submission))
            for name, frame in frames.items():
                self.save_frame(connection, submission_id, name, frame)
        return submission_id

    def change_submission(self, submission_id: str, **values: Any) -> None:
        """The submission has these values."""
        with self.writing.begin() as connection:
            connection.execute(update(Submission).where(Submission.id == submission_id).values(**values))

    def save_validation(
        self,
        submission_id: str,
        *,
        state: str,
        reason: dict[str, Any] | None,
        accepted: pd.DataFrame,
        set_aside: pd.DataFrame,
        repaired_count: int,
        findings: pd.DataFrame,
        rules: pd.DataFrame,
        frames: Mapping[str, pd.DataFrame] | None = None,
        correction_position: int = 0,
    ) -> None:
        """The submission is decided: its accepted and set-aside records, findings and rule results, in one transaction.

        Raises BrokenAccount if received ≠ accepted + set aside.
        """
        with self.writing.begin() as connection:
            received = connection.execute(
                select(Submission.received_count).where(Submission.id == submission_id)
            ).scalar_one()
            if state == "validated" and received != len(accepted) + len(set_aside):
                raise BrokenAccount(
                    f"submission {submission_id}: {received} received ≠ "
                    f"{len(accepted)} accepted + {len(set_aside)} set aside"
                )
            connection.execute(delete(RecordFinding).where(RecordFinding.submission_id == submission_id))
            connection.execute(delete(RuleResult).where(RuleResult.submission_id == submission_id))
            _insert_frame(connection, RecordFinding, findings.assign(submission_id=submission_id))
            _insert_frame(connection, RuleResult, rules.assign(submission_id=submission_id))
            self.save_frame(connection, submission_id, "accepted", accepted)
            self.save_frame(connection, submission_id, "set_aside", set_aside)
            for name, frame in (frames or {}).items():
                self.save_frame(connection, submission_id, name, frame)
            connection.execute(
                update(Submission)
                .where(Submission.id == submission_id)
                .values(
                    state=state,
                    reason=reason,
                    accepted_count=len(accepted),
                    set_aside_count=len(set_aside),
                    repaired_count=repaired_count,
                    correction_position=correction_position,
                )
            )

    def findings(self, submission_id: str) -> pd.DataFrame:
        """Every finding on a record of the submission, in the order of the file."""
        query = select(*RecordFinding.__table__.c).where(RecordFinding.submission_id == submission_id)
        with self.engine.connect() as connection:
            return pd.read_sql(query.order_by(RecordFinding.id), connection)

    def rule_results(self, submission_ids: Sequence[str]) -> pd.DataFrame:
        """How often each rule failed on each of the submissions."""
        query = select(*RuleResult.__table__.c).where(RuleResult.submission_id.in_(list(submission_ids)))
        with self.engine.connect() as connection:
            return pd.read_sql(query.order_by(RuleResult.submission_id, RuleResult.code), connection)

    def recent_counts(self, list_key: str, before_month: str, months: int = 6) -> dict[str, int]:
        """Records received per month for a list, in up to ``months`` earlier months that have any."""
        query = (
            select(Submission.month, func.sum(Submission.received_count))
            .where(Submission.list_key == list_key, Submission.month < before_month, Submission.state == "validated")
            .group_by(Submission.month)
            .order_by(Submission.month.desc())
            .limit(months)
        )
        with self.engine.connect() as connection:
            return {month: int(count) for month, count in connection.execute(query)}

    # -- judgements ------------------------------------------------------------------------------------------------

    def judgements(self) -> pd.DataFrame:
        """The whole log of judgements, oldest first."""
        with self.engine.connect() as connection:
            return pd.read_sql(select(*Judgement.__table__.c).order_by(Judgement.id), connection)

    # -- corrections -----------------------------------------------------------------------------------------------

    def add_corrections(self, entries: Sequence[Mapping[str, Any]], *, beside: Beside = None) -> list[int]:
        """The entries are in the log, all or none, in their order, and what ``beside`` writes with them; returns their ids."""
        if not entries:
            return []
        with self.writing.begin() as connection:
            if connection.dialect.name == "postgresql":  # ids in the order of commits: a position never skips an entry
                connection.execute(select(func.pg_advisory_xact_lock(lock_number("corrections"))))
            last = connection.execute(select(func.coalesce(func.max(Correction.id), 0))).scalar_one()
            ids = list(range(last + 1, last + 1 + len(entries)))
            connection.execute(
                insert(Correction), [{"id": number, **entry} for number, entry in zip(ids, entries, strict=True)]
            )
            if beside is not None:
                beside(connection)
        return ids

    def corrections(self, list_key: str | None = None, *, until_month: str | None = None) -> pd.DataFrame:
        """The log of corrections, oldest first; of one list, and decided for ``until_month`` or before, where named."""
        query = select(*Correction.__table__.c).order_by(Correction.id)
        if list_key is not None:
            query = query.where(Correction.list_key == list_key)
        if until_month is not None:
            query = query.where(Correction.month <= until_month)
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return _typed_log(rows, Correction)

    def decision_log(self, agency: str | None, *, start: int, limit: int) -> tuple[pd.DataFrame, list[int]]:
        """One page of the decisions on records, the newest first: the last entry of each, and how many entries it has."""
        groups = select(func.max(Correction.id).label("last"), func.count().label("count")).group_by(
            Correction.group_id
        )
        if agency is not None:
            groups = groups.where(Correction.list_key.startswith(f"{agency}/", autoescape=True))
        page = groups.order_by(func.max(Correction.id).desc()).offset(start).limit(limit).subquery()
        query = select(*Correction.__table__.c, page.c["count"]).join(page, Correction.id == page.c["last"])
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(Correction.id.desc())).all()
        return _typed_log([row[:-1] for row in rows], Correction), [int(row[-1]) for row in rows]

    def lists_with_proposals(self) -> list[str]:
        """The lists for which somebody ever proposed a mend that needs a second person."""
        query = select(Correction.list_key).where(Correction.action == PROPOSE).distinct().order_by(Correction.list_key)
        with self.engine.connect() as connection:
            return [str(key) for key in connection.execute(query).scalars()]

    def list_of_decision(self, group_id: str) -> str | None:
        """The list that a decision is about; nothing where there is no such decision."""
        query = select(Correction.list_key).where(Correction.group_id == group_id).limit(1)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def correction_position(self, list_key: str, until_month: str) -> int:
        """The id of the last entry that concerns the list in that month; 0 where there is none."""
        query = select(func.coalesce(func.max(Correction.id), 0)).where(
            Correction.list_key == list_key, Correction.month <= until_month
        )
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def add_confirmed_heading(self, entry: Mapping[str, Any], *, beside: Beside = None) -> int:
        """The entry is in the log of headings, and what ``beside`` writes with it; returns its id."""
        with self.writing.begin() as connection:
            chosen = insert(ConfirmedHeading).values(**entry).returning(ConfirmedHeading.id)
            number = int(connection.execute(chosen).scalar_one())
            if beside is not None:
                beside(connection)
        return number

    def confirmed_headings(self) -> pd.DataFrame:
        """The log of confirmed headings, oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(*ConfirmedHeading.__table__.c).order_by(ConfirmedHeading.id)).all()
        return _typed_log(rows, ConfirmedHeading)

    def replace_reading(
        self, submission_id: str, values: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]
    ) -> None:
        """The same bytes were read again, with what is known now: the submission has these values and tables."""
        with self.writing.begin() as connection:
            connection.execute(update(Submission).where(Submission.id == submission_id).values(**values))
            for name, frame in frames.items():
                self.save_frame(connection, submission_id, name, frame)

    # -- runs ------------------------------------------------------------------------------------------------------

    def begin_run(
        self,
        month: str,
        *,
        inputs_sha256: str,
        rules_sha256: str,
        judgement_position: int,
        code_version: str,
        issued_on: dt.date,
    ) -> tuple[str, int, bool]:
        """The run for exactly these inputs: ``(run id, revision, was it finished already)``.

        The same inputs as the month's latest finished run give that run; an unfinished run of the same inputs is taken
        up; an unfinished run of other inputs is replaced; otherwise a new revision begins.
        """
        with self.writing.begin() as connection:
            runs = connection.execute(select(*Run.__table__.c).where(Run.month == month).order_by(Run.revision)).all()
            if runs and runs[-1].inputs_sha256 == inputs_sha256:
                return runs[-1].id, runs[-1].revision, runs[-1].state == "finished"
            revision = 1
            if runs:
                revision = runs[-1].revision + (runs[-1].state == "finished")
                if runs[-1].state != "finished":
                    self._forget_run(connection, runs[-1].id)
            run_id = f"{month}.r{revision}"
            connection.execute(
                insert(Run).values(
                    id=run_id,
                    month=month,
                    revision=revision,
                    inputs_sha256=inputs_sha256,
                    rules_sha256=rules_sha256,
                    judgement_position=judgement_position,
                    code_version=code_version,
                    state="running",
                    issued_on=issued_on,
                )
            )
        return run_id, revision, False

    def _forget_run(self, connection: Connection, run_id: str) -> None:
        for model in (RunStep, ReviewPair, ReviewCard, Figure, Report):
            connection.execute(delete(model).where(model.run_id == run_id))
        connection.execute(delete(Frame).where(Frame.owner == run_id))
        connection.execute(delete(Run).where(Run.id == run_id))

    def run(self, run_id: str) -> Run:
        """One run. Raises KeyError if there is none of that id."""
        with self.engine.connect() as connection:
            row = connection.execute(select(*Run.__table__.c).where(Run.id == run_id)).one_or_none()
        if row is None:
            raise KeyError(run_id)
        return Run(**row._mapping)

    def latest_run(self, month: str, *, finished: bool = True) -> Run | None:
        """The month's newest run, or nothing."""
        query = select(*Run.__table__.c).where(Run.month == month).order_by(Run.revision.desc())
        if finished:
            query = query.where(Run.state == "finished")
        with self.engine.connect() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return Run(**row._mapping) if row else None

    def runs(self, month: str) -> list[Run]:
        """Every run of the month, oldest revision first."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(*Run.__table__.c).where(Run.month == month).order_by(Run.revision)).all()
        return [Run(**row._mapping) for row in rows]

    def finish_run(self, run_id: str) -> None:
        """The run is finished: its revision never changes again."""
        with self.writing.begin() as connection:
            connection.execute(update(Run).where(Run.id == run_id).values(state="finished"))

    def step_counts(self, run_id: str, step: str) -> dict[str, Any] | None:
        """What the step counted, or nothing if it is not done."""
        with self.engine.connect() as connection:
            return connection.execute(
                select(RunStep.counts).where(RunStep.run_id == run_id, RunStep.step == step)
            ).scalar_one_or_none()

    def save_step(
        self,
        run_id: str,
        step: str,
        counts: dict[str, Any],
        *,
        frames: Mapping[str, pd.DataFrame] | None = None,
        rows: Mapping[type, pd.DataFrame] | None = None,
    ) -> None:
        """The step is done and its results are kept, in one transaction."""
        with self.writing.begin() as connection:
            for name, frame in (frames or {}).items():
                self.save_frame(connection, run_id, name, frame)
            for model, frame in (rows or {}).items():
                connection.execute(delete(model).where(model.run_id == run_id))  # type: ignore[attr-defined]
                _insert_frame(connection, model, frame.assign(run_id=run_id))
            connection.execute(delete(RunStep).where(RunStep.run_id == run_id, RunStep.step == step))
            connection.execute(insert(RunStep).values(run_id=run_id, step=step, counts=counts))

    def figures(self, run_id: str) -> pd.DataFrame:
        """The run's figures: ``key``, ``part``, ``value``, ``unit``."""
        query = select(Figure.key, Figure.part, Figure.value, Figure.unit).where(Figure.run_id == run_id)
        with self.engine.connect() as connection:
            return pd.read_sql(query.order_by(Figure.key, Figure.part), connection)

    def add_reports(self, run_id: str, rows: pd.DataFrame) -> None:
        """Files that were rendered after the others are among the run's."""
        with self.writing.begin() as connection:
            _insert_frame(connection, Report, rows.assign(run_id=run_id))

    def reports(self, run_id: str) -> pd.DataFrame:
        """The run's rendered files."""
        query = select(*Report.__table__.c).where(Report.run_id == run_id)
        with self.engine.connect() as connection:
            return pd.read_sql(query.order_by(Report.kind, Report.lang, Report.format), connection)


def _typed_log(rows: Sequence[Any], model: type) -> pd.DataFrame:
    """Rows of a log as a table whose columns have the same types when it is empty."""
    columns: Any = model.__table__.columns  # type: ignore[attr-defined]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=[column.name for column in columns])
    texts = [c.name for c in columns if isinstance(c.type, String)]
    whole = [c.name for c in columns if isinstance(c.type, Integer)]
    times = [c.name for c in columns if isinstance(c.type, DateTime)]
    typed = frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(whole, "Int64"))
    # SQLite gives times back without their zone; they are written in UTC.
    return typed.assign(**{name: pd.to_datetime(typed[name], utc=True) for name in times})


def inputs_digest(parts: Mapping[str, Any]) -> str:
    """One SHA-256 for everything a run depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def _insert_frame(connection: Connection, model: type, frame: pd.DataFrame) -> None:
    columns = [c.name for c in model.__table__.c if c.name in frame.columns]  # type: ignore[attr-defined]
    chosen = frame[columns].astype(object)
    rows: Any = chosen.where(chosen.notna(), None).to_dict(orient="records")
    if rows:
        connection.execute(insert(model), rows)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event opens the transaction, see _begin_at_once
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _unlinked(connection: Connection) -> Iterator[None]:
    """Without foreign keys while the schema changes: SQLite alters a table by making it anew, and dropping the old one would
    take with it all rows that refer to it. They can be switched only outside a transaction."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _ask_after_a_pause(engine: Engine) -> None:
    """A connection that lay idle is asked whether its server is still there; to ask each time would double every turn to it."""

    def laid_down(_connection: Any, record: Any) -> None:
        record.info["laid_down"] = time.monotonic()

    def taken_up(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("laid_down", time.monotonic()) < PAUSE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", laid_down)
    event.listen(engine, "checkout", taken_up)


def _begin_at_once(connection: Connection) -> None:
    # A transaction that begins by reading and then writes fails at once when another writer came between; taking the
    # write lock first makes it wait instead. Readers need no lock in WAL.
    writes = connection.get_execution_options().get("palayesh_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
