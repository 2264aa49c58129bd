"""What pages say and where they lead: an empty filter, the language switch, who may act for a family, the log by pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from palayesh.adapters.registry import Registry
from tasks import cases, corrections
from tests.web import world
from tests.web.conftest import ON_BOTH, Browser

Visit = Callable[[str], Browser]


def back_of(page: str) -> str:
    found = re.search(r'action="/preferences">.*?name="back" value="([^"]*)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_a_filter_without_work_does_not_say_that_the_month_is_done(visit: Visit) -> None:
    browser = visit("steward")
    everything = browser.get("/").text
    empty = re.findall(r'href="/\?kind=(\w+)"[^>]*>[^<]*<span class="count number">0<', everything)
    assert empty
    page = browser.get(f"/?kind={empty[0]}").text
    assert "Nothing of this kind is left" in page
    assert "All the work of this month is done" not in page


@pytest.mark.parametrize(
    "path", ["/?kind=pair", f"/cases?month={world.MONTH}", f"/uncovered?month={world.MONTH}&start=0"]
)
def test_the_language_switch_stays_on_the_page_with_its_month_and_filter(visit: Visit, path: str) -> None:
    browser = visit("steward")
    assert back_of(browser.get(path).text) == path
    assert browser.post("/preferences", back=path, lang="fa").headers["location"] == path
    assert back_of(browser.get(f"{path}&said=recorded").text) == path, "what was said is said once"


def test_the_language_switch_before_signing_in_keeps_where_a_letter_led(app: object) -> None:
    browser = Browser(app)  # type: ignore[arg-type]
    asked = browser.get("/failures").headers["location"]
    assert back_of(browser.get(asked).text) == "/sign-in?next=%2Ffailures"
    refused = browser.post("/sign-in", name="nobody", password="wrong", code="", next="/failures")
    assert back_of(refused.text) == "/sign-in?next=%2Ffailures"


def test_a_family_is_acted_on_only_by_an_agency_that_can(visit: Visit) -> None:
    browser = visit("chief")
    page = browser.get("/uncovered").text
    household = cases.case_id("uncovered", "H0000000005")
    row = page[page.index(f'id="{household}"') :].partition("</tr>")[0]
    assert re.findall(r'<option value="(\w+)">', row.partition('name="action"')[0]) == ["relief_committee"]
    sent = {"action": "taken", "follows": "0"}
    refused = browser.post(f"/families/uncovered/{household}", agency="association", request="a1", **sent)
    assert refused.status_code == 404
    taken = browser.post(f"/families/uncovered/{household}", agency="relief_committee", request="a2", **sent)
    assert taken.status_code == 303
    assert "،" not in browser.get("/uncovered").text, "an English page has no Persian comma"


@ON_BOTH
def test_the_log_is_read_by_pages_and_counts_every_record(visit: Visit, registry: Registry) -> None:
    for agency in ("behzisti", "relief_committee"):
        cause = corrections.causes(world.MONTH, agency=agency)[0]
        records = corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].astype(str).tolist()
        corrections.send_back(records[:2], by="somebody", at=world.NOW, reason="ask them", validate_now=False)
    every = registry.corrections()
    newest = every["group_id"].drop_duplicates(keep="last").iloc[::-1].tolist()
    counts = [int(every["group_id"].eq(group).sum()) for group in newest]
    assert len(newest) >= 2
    assert max(counts) > 1
    whole = corrections.decision_log(agency=None, start=0, limit=1000)
    assert [(one["group_id"], one["count"]) for one in whole] == list(zip(newest, counts, strict=True))
    assert [one["group_id"] for one in corrections.decision_log(agency=None, start=1, limit=1)] == newest[1:2]
    own = corrections.decision_log(agency="relief_committee", start=0, limit=1000)
    assert {one["list_key"].partition("/")[0] for one in own} == {"relief_committee"}
    assert whole[0]["group_id"] in visit("chief").get("/corrections").text


def test_a_pair_leads_only_to_families_that_its_steward_may_open(visit: Visit) -> None:
    refused_before = 0
    for who in ("steward", "other"):
        browser = visit(who)
        pairs = re.findall(r'href="(/pairs/[0-9a-f]+)"', browser.get("/pairs").text)
        assert pairs
        for pair in pairs:
            page = browser.get(pair).text
            links = set(re.findall(r'href="(/(?:households|persons)/[^"]+)"', page))
            assert {browser.get(link).status_code for link in links} <= {200}, pair
            assert page.count('data-key="KeyG"') == int(any(link.startswith("/households") for link in links))
            refused_before += page.count('class="family"') - sum(link.startswith("/households") for link in links)
    assert refused_before > 0, "the world has pairs with a family that is not the steward's"


def test_a_report_that_nobody_signed_off_is_not_called_published(visit: Visit) -> None:
    page = visit("chief").get("/month").text
    assert "The report, not yet signed off" in page
    assert "The published report" not in page
