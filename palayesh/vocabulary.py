"""What the words in a column of codes mean: one value per meaning, as data in ``expectations/vocabularies``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from palayesh.declaration import Title
from palayesh.distinct import distinct_texts, text_column
from palayesh.persian_text import clean_text, is_placeholder, match_key

OUTSIDE = "outside"
"""The value of a known place of another province."""
_PARTS = re.compile(r"[-–/،,()|؛;\n]+")
_EDGES = re.compile(r"^[^\w]+|[^\w]+$")


class VocabularyValue(BaseModel):
    """One meaning: the value we store, its two names, and the other spellings met."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    value: str
    fa: str
    en: str
    spellings: list[str] = Field(default_factory=list)
    county: str | None = None
    """Of a prison: the county it stands in."""
    province: str | None = None
    valid_from: str | None = None
    """Of a place: the Solar Hijri month in which it came to be."""
    neighbours: list[str] = Field(default_factory=list)
    """Of a place: the values of the places that it borders, each of which names it as well."""
    note: str | None = None


class Vocabulary(BaseModel):
    """The values of one kind. Spellings are compared by match key; no key may mean two values."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    title: Title
    source: str
    is_place: bool = False
    """Whether a cell may hold more than the place («بم - بخش مرکزی»): then the first part decides."""
    ignored_prefixes: list[str] = Field(default_factory=list)
    """Words before the name that say nothing more, such as «شهرستان»."""
    values: list[VocabularyValue] = Field(min_length=1)

    @model_validator(mode="after")
    def _every_spelling_means_one_value(self) -> Vocabulary:
        meanings: dict[str, str] = {}
        seen: set[str] = set()
        for entry in self.values:
            if entry.value in seen:
                raise ValueError(f"the value «{entry.value}» is listed twice")
            seen.add(entry.value)
            for spelling in (entry.value, entry.fa, entry.en, *entry.spellings):
                key = match_key(spelling)
                if not key:
                    raise ValueError(f"the value «{entry.value}» has an empty spelling")
                if meanings.setdefault(key, entry.value) != entry.value:
                    raise ValueError(f"«{spelling}» means both «{meanings[key]}» and «{entry.value}»")
        return self

    @model_validator(mode="after")
    def _neighbours_are_each_others(self) -> Vocabulary:
        for entry in self.values:
            for other in entry.neighbours:
                if other == entry.value or other not in self._entries:
                    raise ValueError(f"the neighbour «{other}» of «{entry.value}» is no other value of this vocabulary")
                if entry.value not in self._entries[other].neighbours:
                    raise ValueError(
                        f"«{entry.value}» names «{other}» as its neighbour, «{other}» does not name «{entry.value}»"
                    )
        return self

    @cached_property
    def neighbours(self) -> dict[str, list[str]]:
        """Value → the values of the places that it borders."""
        return {entry.value: entry.neighbours for entry in self.values}

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Match key of every spelling → value."""
        return {
            match_key(spelling): entry.value
            for entry in self.values
            for spelling in (entry.value, entry.fa, entry.en, *entry.spellings)
        }

    @cached_property
    def _prefix_keys(self) -> list[str]:
        return sorted((match_key(prefix) for prefix in self.ignored_prefixes), key=len, reverse=True)

    @cached_property
    def known_values(self) -> frozenset[str]:
        """Every value of the vocabulary."""
        return frozenset(entry.value for entry in self.values)

    def entry(self, value: str) -> VocabularyValue:
        """The entry of a value. Raises KeyError with the value."""
        return self._entries[value]

    @cached_property
    def _entries(self) -> dict[str, VocabularyValue]:
        return {entry.value: entry for entry in self.values}

    def value_of(self, text: str) -> str | None:
        """The value a text means, or nothing if the vocabulary does not know it."""
        whole = self._value_of_key(match_key(text))
        if whole is not None or not self.is_place:
            return whole
        parts = [self._value_of_key(match_key(part)) for part in _PARTS.split(clean_text(text)) if part.strip()]
        if not parts:  # nothing but separators
            return None
        first, *others = parts
        return first if set(others) <= {None, first} else None

    def _value_of_key(self, key: str) -> str | None:
        bare = _EDGES.sub("", key)
        for spelling in (key, bare):
            if spelling in self.meanings:
                return self.meanings[spelling]
        for prefix in self._prefix_keys:
            # The whole was not known, so «شهربابک» never loses its «شهر».
            if bare.startswith(prefix) and len(bare) > len(prefix):
                rest = self._value_of_key(bare.removeprefix(prefix))
                if rest is not None:
                    return rest
        return None


def code_column(texts: pd.Series, vocabulary: Vocabulary, own_values: Mapping[str, str] | None = None) -> pd.DataFrame:
    """``value`` and ``status`` (``ok``, ``unknown``, ``missing``) of every cell.

    ``own_values`` are a list's own spellings (``{"1": "male"}``) and are asked first. Raises ValueError if one of them
    names a value that the vocabulary does not have.
    """
    own = {match_key(spelling): value for spelling, value in (own_values or {}).items()}
    strangers = sorted(set(own.values()) - vocabulary.known_values)
    if strangers:
        raise ValueError(f"the vocabulary «{vocabulary.title.en}» has no value {', '.join(strangers)}")
    distinct = distinct_texts(texts)
    read = [_read_code(text, vocabulary, own) for text in distinct.texts]
    return pd.DataFrame(
        {
            "value": text_column(distinct, [value for value, _ in read]),
            "status": text_column(distinct, [status for _, status in read], absent="missing"),
        }
    )


def _read_code(text: str, vocabulary: Vocabulary, own: Mapping[str, str]) -> tuple[str | None, str]:
    key = match_key(text)
    # A spreadsheet writes the code 1 as 1.0.
    for spelling in (key, re.sub(r"(?<=\d)\.0+$", "", key)):
        if spelling in own:
            return own[spelling], "ok"
    value = vocabulary.value_of(text) if key else None
    if value is not None:
        return value, "ok"
    return (None, "missing") if is_placeholder(text) else (None, "unknown")
