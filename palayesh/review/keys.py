"""The keys of the console: places on the keyboard, which everybody may choose for himself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ACTIONS: Final = {
    "S": "key_first", "D": "judgement_different", "U": "judgement_unsure", "N": "note", "J": "key_next", "K": "look_again",
    "Z": "take_back", "R": "show_numbers", "G": "see_group", "E": "right_value", "A": "key_accept", "B": "choice_send_back",
    "C": "keep_correction", "L": "key_all",
}  # fmt: skip
"""The key that means each action unless somebody chose another, and what the action is called."""

PERSIAN_LAYOUT: Final = dict(zip("ضصثقفغعهخحشسیبلاتنمظطزرذدپ", "QWERTYUIOPASDFGHJKLZXCVBNM", strict=True))
"""The letter that the standard Persian layout (ISIRI 9147) has on each key → the Latin one."""
OTHER_FORMS: Final = {"ي": "ی", "ك": "ک"}


def place_of(typed: str) -> str | None:
    """The key of a letter, in whichever layout it was typed; nothing where it is no key for an action."""
    letter = typed.strip()
    letter = OTHER_FORMS.get(letter, letter)
    if len(letter) == 1 and letter.isascii() and letter.isalpha():
        return letter.upper()
    return PERSIAN_LAYOUT.get(letter)


def chosen_keys(typed: Mapping[str, str]) -> dict[str, str] | None:
    """Action → key for every action, from the letters that somebody typed; nothing where two actions have one key.

    An action without a usable letter keeps its own key.
    """
    found = {action: place_of(typed.get(action, "")) or action for action in ACTIONS}
    return found if len(set(found.values())) == len(found) else None


def keys_of(preferences: Mapping[str, object]) -> dict[str, str]:
    """The keys of an account: those it chose, else the usual ones."""
    kept = preferences.get("key_map")
    typed = {str(action): str(key) for action, key in kept.items()} if isinstance(kept, dict) else {}
    return chosen_keys(typed) or {action: action for action in ACTIONS}
