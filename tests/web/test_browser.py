"""The console in a real browser: by keyboard alone, on a Persian layout, without script, narrow, and for a screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from palayesh.adapters.registry import Registry
from tasks import corrections, reviewing, stewards
from tests.web import world
from tests.web.browsing import click, press, press_place

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Screen = Callable[..., Any]


def decided(registry: Registry) -> list[str]:
    return registry.judgements()["judgement"].tolist()


def test_the_stewards_hour_by_keyboard_alone(screen: Screen, registry: Registry) -> None:
    page = screen("steward")
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)
    assert "Work queue" in page.inner_text("h1")
    press(page, "j", until=re.compile(r"/failures/C\w+"))  # the weightiest thing that waits
    page.goto("/?kind=pair")
    press(page, "j", until=re.compile(r"/pairs/\w{16}"))
    first = page.url
    assert "Are these two records one person?" in page.inner_text("h1")

    keys, before = 0, len(loads)
    for number in range(4):  # one key, one decision, the next pair
        press(page, "sd"[number % 2], until=re.compile("before="))
        keys += 1
    assert decided(registry) == ["same", "different", "same", "different"]
    navigations = [url for url in loads[before:] if "/judge" not in url]
    # A key and its page, and the redirects between: at 150 an hour there are 24 seconds for each.
    assert keys == 4
    assert len({url for url in navigations if "before=" in url}) == 4

    # A slip: Z shows what would change, Z does it, and the pair is asked again.
    press(page, "z", until=re.compile("/undo"))
    assert "open again" in page.inner_text("main")
    press(page, "z", until=re.compile(r"/pairs/\w{16}.*said=undone"))
    assert decided(registry)[-1] == "withdrawn"

    # Unsure: the reason first, Enter sends it.
    page.keyboard.press("u")
    assert page.evaluate("document.activeElement.id") == "note"
    page.keyboard.type("same name, no father")
    assert decided(registry)[-1] == "withdrawn", "letters in the note are no keys"
    press(page, "Enter", until=re.compile("before="))
    assert decided(registry)[-1] == "unsure"

    # The group around a pair, and back to the queue and a failed record, by links that the keyboard reaches.
    press(page, "g", until=re.compile("/households/"))
    page.goto("/?kind=cause")
    page.focus(".queue .what a")
    press(page, "Enter", until=re.compile(r"/failures/C\w+"))
    press(page, "j", until=re.compile("/records/"))
    assert "day and month" in page.inner_text("main").lower(), "from the queue to the failing cell in two steps"
    press(page, "Shift+Slash", until=re.compile("/help"))
    assert first


def test_keys_are_places_on_the_keyboard(screen: Screen, registry: Registry) -> None:
    page = screen("steward")
    page.goto("/pairs/next")
    # What a Persian layout sends for the key on which Latin keyboards have S.
    press_place(page, "KeyS", "س", 83, until=re.compile("before="))
    assert decided(registry) == ["same"]


def test_a_double_press_decides_once(screen: Screen, registry: Registry) -> None:
    page = screen("steward")
    page.goto("/pairs/next")
    pair = page.url.rpartition("/")[2]
    with page.expect_navigation(url=re.compile("before=")):
        page.evaluate(
            """() => { for (let n = 0; n < 2; n++)
            document.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyS', key: 's', bubbles: true})); }"""
        )
    assert [e.judgement for e in reviewing.store().log(pair)] == ["same"]
    assert len(decided(registry)) == 1


def test_keys_can_be_switched_off(screen: Screen, registry: Registry) -> None:
    page = screen("steward")
    page.goto("/account")
    page.check("input[name=keys][value=off]")
    click(page, "main form button")
    page.goto("/pairs/next")
    assert not page.is_visible(".decide kbd")
    page.keyboard.press("s")
    page.wait_for_timeout(300)
    assert decided(registry) == []
    click(page, "button.same", until=re.compile("before="))
    assert decided(registry) == ["same"]


def test_keys_are_chosen_on_a_persian_layout_and_stay_with_the_account(screen: Screen, registry: Registry) -> None:
    page = screen("steward")
    page.goto("/account")
    page.fill("#key-S", "ب")  # the letter on the key that Latin layouts call F
    page.fill("#key-D", "س")  # and on S
    click(page, "#keys button:not([name])", until=re.compile("said=keys_kept"))
    page.goto("/pairs/next")
    assert page.inner_text("button.same kbd") == "F"
    assert page.inner_text("button.different kbd") == "S"
    page.keyboard.press("d")  # means nothing any more
    page.wait_for_timeout(200)
    assert decided(registry) == []
    for code, letter, number in (("KeyF", "ب", 70), ("KeyS", "س", 83)):
        press_place(page, code, letter, number, until=re.compile("before="))
    assert decided(registry) == ["same", "different"]
    again = screen("steward")
    again.goto("/pairs/next")
    assert again.inner_text("button.same kbd") == "F", "another browser of the same account"
    page.goto("/account")
    page.fill("#key-S", "ی")  # D's own key is S now, so D's key is free
    page.fill("#key-D", "d")
    click(page, "#keys button:not([name])")
    assert "same key" in page.inner_text(".mistake")
    assert page.input_value("#key-S") == "ی", "what was typed is there again"
    click(page, "#keys button[name=usual]")
    page.goto("/pairs/next")
    assert page.inner_text("button.same kbd") == "S"


def test_everything_works_without_script(screen: Screen, registry: Registry) -> None:
    page = screen(java_script_enabled=False)
    page.goto("/sign-in")
    page.fill("#name", "zahra")
    page.fill("#password", world.PASSWORD)
    click(page, ".door .card button")
    click(page, ".nav a[href='/pairs']")
    click(page, "text=Review pairs")
    click(page, "button.different")
    click(page, "text=Take back")
    click(page, "main form button")
    assert "Taken back" in page.inner_text(".said")
    page.fill("#note", "not sure at all")
    click(page, "button.unsure")
    assert decided(registry) == ["different", "withdrawn", "unsure"]
    page.click("summary")
    click(page, "text=Show for ten minutes")
    assert re.search(r"990\d{7}", page.inner_text(".comparison").replace("\n", ""))


PAGES = (
    "/", "/pairs", "PAIR", "/failures", "CAUSE", "RECORD", "/cases", "CASE", "/uncovered", "/waiting", "/judgements", "UNDO", "/month",
    "/audit?check=yes", "/account", "/help", "PERSON", "HOUSEHOLD", "/causes/0000000000000001", "FILE", "/nowhere",
    "DECISION", "TAKE_BACK", "/corrections", "/questions", "/workbooks", "/returns", "/agreement", "/failures/C000000000000",
)  # fmt: skip


CLIPPED = """() => [...document.querySelectorAll('main *')].filter((one) => {
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  if (style.clipPath !== 'none' || !box.width || one.closest('.hidden, svg, .scroll')) return false;
  return box.left < -1 || box.right > innerWidth + 1 || (style.overflowX === 'hidden' && one.scrollWidth > one.clientWidth + 1);
}).map((one) => one.outerHTML.slice(0, 90))"""
"""What reaches over the screen's edge or hides some of its own text."""


def addresses(page: Any, registry: Registry) -> list[str]:
    """Every page of the console, with a ruled pair in it, as the chief sees it."""
    page.goto("/pairs/next")
    click(page, "button.same", until=re.compile("before="))
    pair = page.url
    found = {"PAIR": pair, "UNDO": page.locator("[data-key=KeyZ]").first.get_attribute("href")}
    found["PERSON"] = page.locator(".family a").first.get_attribute("href")
    found["HOUSEHOLD"] = page.locator("[data-key=KeyG]").first.get_attribute("href")
    page.goto("/failures")
    found["CAUSE"] = page.locator("table a").first.get_attribute("href")
    page.goto(found["CAUSE"])
    found["RECORD"] = page.locator("table a").first.get_attribute("href")
    decision = corrections.send_back([str(found["RECORD"]).partition("?")[0].removeprefix("/records/")], by="zahra",
        at=world.NOW, reason="ask them", validate_now=False)  # fmt: skip
    found["DECISION"] = f"/corrections/{decision.group_id}"
    found["TAKE_BACK"] = f"{found['DECISION']}/undo"
    page.goto("/cases")
    found["CASE"] = page.locator("table a").first.get_attribute("href")
    held = next(s.id for s in registry.submissions(world.MONTH) if s.state == "held")
    found["FILE"] = f"/files/{held}"
    return [found.get(name, name) for name in PAGES]


@pytest.mark.parametrize("lang", ["fa", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault_and_nothing_overflows(
    screen: Screen, registry: Registry, lang: str, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = screen("chief")
    page.goto("/account")
    page.check(f"input[type=radio][name=lang][value={lang}]")
    page.check(f"input[type=radio][name=theme][value={theme}]")
    click(page, "main form button")
    refused: list[str] = []
    page.on(
        "console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None
    )
    faults, wide = [], []
    for address in addresses(page, registry):
        page.goto(address)
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        for violation in found.response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                faults.append((address, violation["id"], [node["html"][:120] for node in violation["nodes"][:2]]))
        # 640 pixels are 1280 at 200 % zoom; 360 a small phone.
        for width in (640, 360):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((address, width))
            wide += [(address, width, what) for what in page.evaluate(CLIPPED)]
        page.set_viewport_size({"width": 1280, "height": 900})
    assert faults == []
    assert wide == []
    assert [text for text in refused if "axe" not in text] == []


def test_axe_would_find_a_fault(screen: Screen) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = screen()
    page.goto("/sign-in")
    assert not [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    page.evaluate("document.querySelector('label[for=name]').remove()")
    found = Axe().run(page)
    assert "label" in {v["id"] for v in found.response["violations"]}
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate(CLIPPED) == []
    page.evaluate("document.querySelector('.card').style.minWidth = '400px'")
    assert page.evaluate(CLIPPED), "what reaches over the edge is found"


def test_persian_reads_from_right_to_left(screen: Screen) -> None:
    page = screen("steward")
    click(page, "text=فارسی")
    page.wait_for_selector("html[dir=rtl][lang=fa]")
    assert "صف کار اردیبهشت ۱۴۰۴" in page.inner_text("h1")
    page.goto("/pairs/next")
    left, right = (page.locator(f".comparison thead th:nth-child({n})").bounding_box() for n in (2, 4))
    assert left["x"] > right["x"], "the first record is at the right"
    assert page.evaluate("document.fonts.check('16px Vazirmatn')")
    assert not re.search(r"[0-9]{2,}", page.inner_text(".comparison")), "digits are Persian"


def test_a_page_that_looks_again_loses_no_key_and_does_not_use_the_session(
    screen: Screen, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from console import validating

    state = {"now": validating.Progress("running", 2)}
    monkeypatch.setattr(validating, "progress", lambda list_key, month: state["now"])
    used: list[bool] = []
    real = stewards.visitor

    def visitor(token: str, *, now: Any, is_used: bool = True) -> Any:
        used.append(is_used)
        return real(token, now=now, is_used=is_used)

    page = screen("steward")
    cause = next(one for one in corrections.causes(world.MONTH, agency="relief_committee"))
    record = str(corrections.cause_records(world.MONTH, cause.cause_id)["record_id"].iloc[0])
    decision = corrections.send_back([record], by="zahra", at=world.NOW, reason="ask", validate_now=False)
    page.goto(f"/corrections/{decision.group_id}?said=recorded")
    monkeypatch.setattr(stewards, "visitor", visitor)
    page.evaluate("document.querySelector('main').dataset.mine = 'yes'")
    page.focus("[data-key=KeyZ]")
    page.wait_for_timeout(2600)
    for _ in range(100):  # a busy machine is later than the page's clock
        if used:
            break
        page.wait_for_timeout(200)
    assert used and not any(used), "it has looked, and not as a person does"
    assert page.evaluate("document.querySelector('main').dataset.mine") == "yes", "nothing new: the page is left alone"
    state["now"] = validating.Progress("done", 2, 4, 1)
    page.wait_for_selector("text=Set aside went from 2 to 1")
    assert page.evaluate("document.activeElement.dataset.key") == "KeyZ", "the focus stays where it was"
    began = time.monotonic()
    press(page, "j", until=re.compile("/failures/C"))
    assert time.monotonic() - began < 10


def test_a_large_mend_by_two_persons_by_keyboard(
    screen: Screen, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = reviewing.policy().model_copy(update={"second_person_mended_records": 10})
    monkeypatch.setattr(reviewing, "policy", lambda: policy)
    cause = next(one for one in corrections.causes(world.MONTH) if one.proposed_mend == "exchange_day_and_month")
    first, second = screen("steward"), screen("colleague")
    first.goto(f"/failures/{cause.cause_id}")
    press(first, "s")
    assert "Propose for all 10" in first.inner_text("main")
    press(first, "s", until=re.compile("/corrections/.*said=proposed"))
    assert "waits for a colleague" in first.inner_text("main")
    second.goto(f"/failures/{cause.cause_id}")
    click(second, "text=waits for a second person")
    second.keyboard.press("a")
    second.keyboard.type("seen as well")
    press(second, "Enter", until=re.compile("said=recorded"))
    assert decided_by(registry) == {("propose", "zahra"), ("correct", "reza")}


def decided_by(registry: Registry) -> set[tuple[str, str]]:
    log = registry.corrections()
    return set(zip(log["action"], log["decided_by"], strict=True))


def test_going_back_after_a_mend_asks_for_no_form_once_more(screen: Screen, registry: Registry) -> None:
    cause = next(one for one in corrections.causes(world.MONTH) if one.proposed_mend == "exchange_day_and_month")
    page = screen("steward")
    page.goto(f"/failures/{cause.cause_id}")
    press(page, "s", until=re.compile("/failures/"))
    assert "Apply to all 10" in page.inner_text("main")
    assert page.url.endswith(f"/failures/{cause.cause_id}")
    press(page, "s", until=re.compile("/corrections/"))
    page.wait_for_selector("text=Set aside went from", timeout=60_000)
    page.go_back()
    assert page.url.endswith(f"/failures/{cause.cause_id}")
    page.wait_for_selector("text=All records of this cause may be mended")


def test_a_record_without_a_failure_proposes_no_cell_to_write_into(screen: Screen, registry: Registry) -> None:
    submission = next(
        s
        for s in registry.submissions(world.MONTH)
        if s.list_key == "relief_committee/caseload" and s.state == "validated"
    )
    failing = set(registry.frame(submission.id, "damage")["record_id"])
    sound = next(one for one in registry.frame(submission.id, "accepted")["record_id"] if one not in failing)
    page = screen("steward")
    page.goto(f"/records/{sound}")
    assert page.input_value("#column") == ""
    page.fill("#value", "1402/02/01")
    page.fill("#why-correct", "a call")
    page.click("text=Keep the correction")
    page.wait_for_selector(".mistake")
    assert page.input_value("#value") == "1402/02/01"
    assert len(registry.corrections()) == 0
