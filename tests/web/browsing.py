"""A key or a click that leads to another page, and the page it leads to.

Playwright's `click` and `press` return before the page that they ask for has come. Whatever is done next would then be done on the page
that is being left: a key is lost, a form is not sent. So each step that changes the page waits for the next one to have loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Address = str | re.Pattern[str] | Callable[[str], bool]

SLOWEST_PAGE = 30_000
"""Milliseconds: a page takes a twentieth of a second, but the machine may have other work."""


def press(page: Any, key: str, *, until: Address | None = None) -> None:
    """The page that `key` leads to has loaded, and its address is as `until` says."""
    with page.expect_navigation(url=until, timeout=SLOWEST_PAGE):
        page.keyboard.press(key)


def click(page: Any, selector: str, *, until: Address | None = None) -> None:
    """The page that the element leads to has loaded, and its address is as `until` says."""
    with page.expect_navigation(url=until, timeout=SLOWEST_PAGE):
        page.click(selector)


def press_place(page: Any, code: str, letter: str, number: int, *, until: Address | None = None) -> None:
    """The key at `code`'s place is pressed on a keyboard whose layout has `letter` there, and the page it leads to has loaded."""
    session = page.context.new_cdp_session(page)
    with page.expect_navigation(url=until, timeout=SLOWEST_PAGE):
        for kind in ("keyDown", "keyUp"):
            session.send(
                "Input.dispatchKeyEvent", {"type": kind, "code": code, "key": letter, "windowsVirtualKeyCode": number}
            )
