"""A finished computation → what the report of each agency's head says, counted once and kept with the run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from palayesh.adapters import rules, settings
from palayesh.family_facts import FamilyFacts
from palayesh.reporting_month import ReportingMonth
from palayesh.reports.agency import URGENCIES, AgencyFacts
from tasks import corrections, installation, ledger
from tasks.cases import case_id, programme_agencies
from tasks.correspondence import correspondence, is_set_up
from tasks.run_sheet import changed_parameters, failures_of
from tasks.screen import facts_of as families_of
from tasks.stage import stage_task

STEP = "agency_reports"
DAYS_AHEAD = 30
REPEATED = "record_repeated"
TABLES = ("actions", "failures", "repeats", "headings", "decided", "changes")
ACTION_COLUMNS = {
    "agency": "str", "kind": "str", "case_no": "str", "county": "str", "since": "datetime64[s]", "due": "datetime64[s]",
    "detail": "str", "list_key": "str", "sheet": "str", "row": "Int64",
}  # fmt: skip


@stage_task("agency reports {run_id}")
def gather_facts(run_id: str) -> dict[str, Any]:
    """What the report of every agency says is counted, once: what happens later is the next run's."""
    registry = installation.registry()
    if (done := registry.step_counts(run_id, STEP)) is not None:
        return done
    run = registry.run(run_id)
    before = ledger.previous_run(run.month)
    tables = {
        "actions": _actions(run_id),
        "failures": failures_of(run.month),
        "repeats": _repeats(run.month),
        "headings": _headings(run.month),
        "decided": _decided(run_id),
        "changes": _changes(run.month),
    }
    counts = {
        "console": correspondence().console if is_set_up() else "",
        "base": rules.load_policies(settings.current().expectations).disclosure.public.base,
        "rules_changed": before is not None and before.rules_sha256 != run.rules_sha256,
    }
    registry.save_step(run_id, STEP, counts, frames={f"agency_{name}": tables[name] for name in TABLES})
    return counts


def facts_of(run_id: str, agency: str) -> AgencyFacts:
    """What was counted for one agency, and nobody else's rows. Raises KeyError before it was."""
    registry = installation.registry()
    counts = registry.step_counts(run_id, STEP)
    if counts is None:
        raise KeyError(f"the run {run_id} has no reports of agencies")
    tables = {name: _own(registry.frame(run_id, f"agency_{name}"), agency) for name in TABLES}
    titles = installation.programme_titles()
    own = {
        name: {"fa": titles[name].fa, "en": titles[name].en}
        for name, of in programme_agencies().items()
        if of == agency
    }
    return AgencyFacts(agency=agency, **tables, programmes=own, counts=counts)


def _own(frame: pd.DataFrame, agency: str) -> pd.DataFrame:
    owner = frame["agency"] if "agency" in frame.columns else frame["list_key"].astype("str").str.split("/").str[0]
    return frame[owner == agency].reset_index(drop=True)


def _actions(run_id: str) -> pd.DataFrame:
    """Every case that an agency can act on, the most urgent and oldest first; by number and place, never by name."""
    registry = installation.registry()
    month = ReportingMonth.parse(registry.run(run_id).month)
    facts = families_of(run_id)
    found = [
        _uncovered(run_id),
        _places(run_id, facts),
        _expiring(facts, month.last_day),
        _double(run_id, facts),
        _sent_back(str(month)),
        _set_aside(str(month)),
    ]
    table = pd.concat([part.reindex(columns=list(ACTION_COLUMNS)) for part in found], ignore_index=True)
    table = table.astype(ACTION_COLUMNS)
    order = {kind: place for place, kind in enumerate(URGENCIES)}
    table = table.assign(place=table["kind"].map(order))
    return table.sort_values(["agency", "place", "since", "case_no", "row"], kind="stable", ignore_index=True).drop(
        columns="place"
    )


def _uncovered(run_id: str) -> pd.DataFrame:
    table = installation.registry().frame(run_id, "uncovered")
    of_agency = programme_agencies()
    each = table.assign(programme=table["programmes"].str.split(";")).explode("programme")
    each = each.assign(agency=each["programme"].map(of_agency)).dropna(subset=["agency"])
    together = each.groupby(["agency", "household_id"], as_index=False).agg(
        county=("county", "first"), since=("waiting_since", "first"), detail=("programme", ";".join)
    )
    return together.assign(kind="uncovered", case_no=[case_id("uncovered", h) for h in together["household_id"]])


def _places(run_id: str, facts: FamilyFacts) -> pd.DataFrame:
    table = installation.registry().frame(run_id, "waiting_list")
    chosen = table[table["gets_place"].astype("bool")]
    keeper = sorted(set(facts.received.loc[facts.received["role"] == "association_application", "agency"]))
    return pd.DataFrame(
        {
            "agency": keeper[0] if keeper else "",
            "kind": "place",
            "case_no": [case_id("waiting", str(h)) for h in chosen["household_id"]],
            "county": chosen["household_id"].map(_county(facts)).to_numpy(),
            "since": chosen["application_date"].to_numpy(),
            "detail": "association_family",
        }
    )


def _expiring(facts: FamilyFacts, as_of: dt.date) -> pd.DataFrame:
    services = facts.services[facts.services["is_active"]]
    last = pd.Timestamp(as_of) + pd.Timedelta(days=DAYS_AHEAD)
    ending = services[services["end"].notna() & (services["end"] <= last)]
    is_order = ending["is_judicial_order"].fillna(False).astype("bool")
    return pd.DataFrame(
        {
            "agency": ending["agency"],
            "kind": pd.Series("service", index=ending.index).mask(is_order, "order"),
            "case_no": ending["household_id"],
            "county": ending["household_id"].map(_county(facts)),
            "since": ending["start"],
            "due": ending["end"],
            "list_key": ending["list_key"],
        }
    ).drop_duplicates(["agency", "kind", "case_no", "due"])


def _double(run_id: str, facts: FamilyFacts) -> pd.DataFrame:
    table = installation.registry().frame(run_id, "overlap_households")
    table = table[table["kind"].isin(["conflict", "notice"])]
    sides = table["pair"].str.split("+", n=1, expand=True).reindex(columns=[0, 1])
    numbers = [case_id("overlap", h, p) for h, p in zip(table["household_id"], table["pair"], strict=True)]
    base = table.assign(case_no=numbers, county=table["household_id"].map(_county(facts)))
    columns = ["kind", "case_no", "county", "since"]
    return pd.concat(
        [base[columns].assign(agency=sides[one], detail=sides[other]) for one, other in ((0, 1), (1, 0))],
        ignore_index=True,
    )


def _county(facts: FamilyFacts) -> pd.Series:
    return facts.households.drop_duplicates("household_id").set_index("household_id")["county"]


def _sent_back(month: str) -> pd.DataFrame:
    returned = corrections.return_list(month)
    waits = returned[returned["state"].astype("str") == "waiting"]
    return pd.DataFrame(
        {
            "agency": waits["list_key"].astype("str").str.split("/").str[0],
            "kind": "sent_back",
            "case_no": waits["record_id"],
            "since": pd.to_datetime(waits["decided_at"], utc=True).dt.tz_localize(None).dt.normalize(),
            "detail": waits["code"],
            "list_key": waits["list_key"],
            "sheet": waits["sheet"],
            "row": waits["row"],
        }
    )


def _set_aside(month: str) -> pd.DataFrame:
    registry = installation.registry()
    parts = []
    for submission in ledger.current_submissions(month):
        if not submission.set_aside_count:
            continue
        damage = registry.frame(submission.id, "damage")
        failed = damage[damage["severity"].eq("set_aside_record") & damage["state"].eq("open")]
        first = failed.drop_duplicates("record_id")
        parts.append(
            pd.DataFrame(
                {
                    "agency": submission.agency,
                    "kind": "set_aside",
                    "case_no": first["record_id"],
                    "since": pd.Timestamp(submission.received_on),
                    "detail": first["code"],
                    "list_key": submission.list_key,
                    "sheet": first["sheet"],
                    "row": first["row"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(ACTION_COLUMNS))


def _repeats(month: str) -> pd.DataFrame:
    registry = installation.registry()
    lists = {s.id: s.list_key or "" for s in ledger.current_submissions(month)}
    results = registry.rule_results(list(lists))
    repeated = results[results["code"].eq(REPEATED)]
    counted = repeated.groupby(repeated["submission_id"].map(lists))["failed"].sum()
    rows = [(key, int(counted.get(key, 0))) for key in sorted(set(lists.values()))]
    return pd.DataFrame(rows, columns=["list_key", "repeats"]).astype({"list_key": "str", "repeats": "Int64"})


def _headings(month: str) -> pd.DataFrame:
    agencies = installation.agencies()
    rows = []
    for submission in ledger.current_submissions(month):
        key = submission.list_key or ""
        agency, _, name = key.partition("/")
        declared = agencies[agency].lists[name].columns
        typed = (submission.account or {}).get("headings") or {}
        rows += [
            (key, column, declared[column].heading, heading)
            for column, heading in sorted(typed.items())
            if column in declared and heading != declared[column].heading
        ]
    frame = pd.DataFrame(rows, columns=["list_key", "column", "usual", "typed"]).astype("str")
    return frame.drop_duplicates(ignore_index=True)


def _decided(run_id: str) -> pd.DataFrame:
    """By agency: what its rows became, how its programmes were decided, and what was ruled on its records."""
    registry = installation.registry()
    mentions = registry.frame(run_id, "linked_mentions", ["list_key", "tier", "person_id", "household_id"])
    mentions = mentions.assign(agency=mentions["list_key"].astype("str").str.split("/").str[0])
    tiers = mentions.groupby(["agency", "tier"]).size().reset_index(name="count")
    told = [tiers.assign(what="linked_" + tiers["tier"])]
    events = registry.frame(run_id, "id_events")
    events = events[events["kind"].isin(["merged", "split"])]
    owners = pd.concat(
        [mentions[["agency", column]].rename(columns={column: "id"}) for column in ("person_id", "household_id")]
    ).drop_duplicates()
    touched = pd.concat(
        [events[["kind", "id"]], events[["kind", "other_id"]].rename(columns={"other_id": "id"})]
    ).dropna()
    moved = (
        touched.drop_duplicates().merge(owners, on="id").groupby(["agency", "kind"]).size().reset_index(name="count")
    )
    told.append(moved.assign(what="ids_" + moved["kind"].astype("str")))
    decisions = registry.frame(run_id, "decisions")
    of_programme = decisions.assign(agency=decisions["programme"].map(programme_agencies())).dropna(subset=["agency"])
    screened = of_programme.groupby(["agency", "decision"]).size().reset_index(name="count")
    told.append(screened.assign(what="screened_" + screened["decision"].astype("str")))
    log = registry.corrections()
    month = registry.run(run_id).month
    log = log[log["month"].eq(month)].drop_duplicates(["group_id", "action", "record_key", "column"])
    ruled = (
        log.assign(agency=log["list_key"].astype("str").str.split("/").str[0])
        .groupby(["agency", "action"])
        .size()
        .reset_index(name="count")
    )
    told.append(ruled.assign(what="ruled_" + ruled["action"].astype("str")))
    together = pd.concat([part[["agency", "what", "count"]] for part in told], ignore_index=True)
    return together.astype({"agency": "str", "what": "str", "count": "Int64"})


def _changes(month: str) -> pd.DataFrame:
    """Parameters of an agency's programmes with a value that began in the month."""
    of_agency = programme_agencies()
    rows = [
        (of_agency[name], parameter.title.fa, parameter.title.en, began)
        for name, parameter, began in changed_parameters(month)
        if name in of_agency
    ]
    frame = pd.DataFrame(rows, columns=["agency", "title_fa", "title_en", "from"])
    return frame.astype({"agency": "str", "title_fa": "str", "title_en": "str", "from": "datetime64[s]"})
