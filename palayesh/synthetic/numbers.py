"""Numbers of people who do not exist: national numbers of unused places (990, 099, 009) and telephone numbers."""

from __future__ import annotations

import numpy as np

_PREFIXES = ("990", "099", "009")
_SHARES = (0.90, 0.06, 0.04)


def national_numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """``count`` different ten-digit national numbers with a valid check digit; about one in ten begins with a zero.

    Raises ValueError when more are asked than the three unused places have.
    """
    per_prefix = [round(count * share) for share in _SHARES]
    per_prefix[0] = count - sum(per_prefix[1:])
    if per_prefix[0] > 990_000:
        raise ValueError("the unused places hold fewer than 1,100,000 numbers; ask for a smaller province")
    parts = []
    for prefix, wanted in zip(_PREFIXES, per_prefix, strict=True):
        serials = rng.permutation(999_999)[:wanted] + 1
        parts.append(int(prefix) * 1_000_000 + serials)
    nine = np.concatenate(parts).astype(np.int64)
    rng.shuffle(nine)
    return _text(nine * 10 + check_digits(nine), 10)


def check_digits(nine: np.ndarray) -> np.ndarray:
    """The tenth digit of national numbers, given their first nine as integers (weights 10 … 2, modulo 11)."""
    total = np.zeros(len(nine), dtype=np.int64)
    rest = nine.copy()
    for weight in range(2, 11):
        total += weight * (rest % 10)
        rest //= 10
    remainder = total % 11
    return np.where(remainder < 2, remainder, 11 - remainder)


def mobile_numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """``count`` mobile numbers, ``0999`` and seven digits; different while there are fewer than ten million."""
    start = int(rng.integers(0, 10_000_000))
    return np.array([f"0999{n:07d}" for n in (start + 6_700_417 * np.arange(count)) % 10_000_000], dtype=object)


def _text(numbers: np.ndarray, width: int) -> np.ndarray:
    return np.array([f"{n:0{width}d}" for n in numbers.tolist()], dtype=object)


def codes(prefix: str, start: int, count: int) -> np.ndarray:
    """``count`` running codes such as ``K-100001``."""
    return np.array([f"{prefix}{n}" for n in range(start, start + count)], dtype=object)
