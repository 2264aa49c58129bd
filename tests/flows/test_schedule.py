"""The schedule names the first day of every Solar Hijri month, in Tehran."""

import datetime as dt
from pathlib import Path

import yaml

from flows.schedule import HOUR, due_month, first_days, inbox_of, recurrence
from palayesh.reporting_month import ReportingMonth


def test_first_days_include_nowruz_and_the_month_after_a_leap_esfand() -> None:
    days = first_days(dt.date(2025, 2, 1), 3)
    assert days == [dt.date(2025, 2, 19), dt.date(2025, 3, 21), dt.date(2025, 4, 21)]
    assert (days[1] - days[0]).days == 30, "Esfand 1403 has 30 days"


def test_the_rule_is_short_enough_for_prefect_and_lists_ten_years() -> None:
    rule = recurrence(dt.date(2026, 11, 23))
    assert rule.startswith("RDATE:20261222T060000,20270121T060000")
    assert rule.count("T060000") == 120
    assert len(rule) < 6_500


def test_the_month_before_is_due_by_tehran_time() -> None:
    last_evening = dt.datetime(2025, 5, 21, 20, 29, tzinfo=dt.UTC)
    assert due_month(last_evening) == ReportingMonth(1404, 1)
    assert due_month(last_evening + dt.timedelta(minutes=1)) == ReportingMonth(1404, 2)


def test_an_inbox_may_have_a_folder_per_month(tmp_path) -> None:
    month = ReportingMonth(1404, 2)
    assert inbox_of(tmp_path, month) == tmp_path
    (tmp_path / "1404-02").mkdir()
    assert inbox_of(tmp_path, month) == tmp_path / "1404-02"


def test_the_deployments_for_a_prefect_server_name_the_same_days_and_flows() -> None:
    declared = yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text(encoding="utf-8"))
    by_name = {deployment["name"]: deployment for deployment in declared["deployments"]}
    rule = by_name["monthly"]["schedules"][0]
    days = [dt.datetime.strptime(day, "%Y%m%dT%H%M%S") for day in rule["rrule"].removeprefix("RDATE:").split(",")]
    assert rule["timezone"] == "Asia/Tehran"
    assert {day.hour for day in days} == {HOUR}
    first = ReportingMonth.of(days[0].date())
    assert [day.date() for day in days] == [first.plus(n).first_day for n in range(120)]
    for deployment in by_name.values():
        module, flow = deployment["entrypoint"].split(":")
        assert f"def {flow}(" in (Path(__file__).parents[2] / module).read_text(encoding="utf-8")
