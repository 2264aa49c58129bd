"""Synthetic months read from their files, without the registry: the mentions as a run would link them, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from palayesh.adapters import declarations, spreadsheets, synthetic_files
from palayesh.adapters.files import sha256_of
from palayesh.adapters.truth_files import TruthFiles, load_truth
from palayesh.declaration import Agency
from palayesh.intake.reading import read_list
from palayesh.intake.standardise import standardise_records
from palayesh.linkage import LinkageSettings, Linked, link, mentions_from
from palayesh.linkage.evaluate import Judged, evaluate
from palayesh.reporting_month import ReportingMonth
from palayesh.validation.outcome import agency_key
from palayesh.vocabulary import Vocabulary
from tasks.evaluate import beside_truth

EXPECTATIONS = Path(__file__).resolve().parents[1] / "expectations"
NO_LEDGER = pd.DataFrame({name: pd.Series(dtype="str") for name in ("entity", "identity_key", "id")})
NO_JUDGEMENTS = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in ("identity_key_l", "identity_key_r", "judgement")}
)
REFERENCE_RECORDS = 25_000
FIRST_MONTH = ReportingMonth(1404, 2)


@cache
def agencies() -> dict[str, Agency]:
    return declarations.load_agencies(EXPECTATIONS / "agencies")


@cache
def vocabularies() -> dict[str, Vocabulary]:
    return declarations.load_vocabularies(EXPECTATIONS / "vocabularies")


@dataclass(frozen=True)
class Month:
    """A month's mentions, and the truth about them."""

    mentions: pd.DataFrame
    truth: TruthFiles

    def linked(self, settings: LinkageSettings, previous: pd.DataFrame = NO_LEDGER) -> Linked:
        return link(self.mentions, previous=previous, judgements=NO_JUDGEMENTS, settings=settings)

    def judged(self, linked: Linked) -> Judged:
        return beside_truth(linked.linked_mentions, linked.review_pairs, self.mentions, self.truth)

    def measures(self, linked: Linked) -> pd.DataFrame:
        return evaluate(self.judged(linked))


def written_months(folder: Path, *, seed: int, persons: int, mess: float = 1.0, months: int = 1) -> list[Month]:
    """Consecutive months' files, written and read back as intake reads them; every record is accepted."""
    folders = synthetic_files.write_months(
        folder, month=FIRST_MONTH, seed=seed, mess=mess, scale=persons / REFERENCE_RECORDS, months=months
    )
    return [read_month(folder, FIRST_MONTH.plus(number)) for number, folder in enumerate(folders)]


def read_month(folder: Path, month: ReportingMonth) -> Month:
    """What lies in the folder's ``inbox`` and ``truth``."""
    accepted: dict[str, list[pd.DataFrame]] = {}
    for path in sorted(path for path in (folder / "inbox").rglob("*") if path.is_file()):
        agency = agencies()[path.parent.name]
        read = read_list(spreadsheets.read_file(path), agency, file_name=path.name, sha256=sha256_of(path))
        declared = agency.lists[read.list_key.split("/")[1]]
        records = standardise_records(read.records, declared, vocabularies=vocabularies(), as_of=month.last_day)
        records = records.assign(agency_key=agency_key(records, declared.key))
        accepted.setdefault(read.list_key, []).append(records)
    tables = {key: pd.concat(parts, ignore_index=True) for key, parts in accepted.items()}
    return Month(mentions_from(tables, agencies()), load_truth(folder / "truth"))
