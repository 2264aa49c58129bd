"""What an agency's source.yml says, as typed values. Shared by intake, validation, linkage and the rules.

The models forbid unknown keys: a misspelled key in a declaration is an error that names it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from palayesh.language import Language

ColumnType = Literal[
    "national_id",
    "date",
    "birth_date",
    "name",
    "full_name",
    "text",
    "identifier",
    "phone",
    "code",
    "county",
    "province",
    "integer",
]
ListRole = Literal[
    "behzisti_referral",
    "relief_referral",
    "custody",
    "behzisti_support",
    "relief_support",
    "relief_review",
    "association_support",
    "association_application",
    "charity_support",
]
MentionRole = Literal["subject", "prisoner", "head", "spouse"]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Title(_Declared):
    """A name shown to people, in both languages."""

    fa: str
    en: str

    def of(self, lang: Language) -> str:
        """The name in the language."""
        return self.fa if lang == "fa" else self.en


class Column(_Declared):
    """One column we read: its heading as typed, other spellings met, and how its text is standardised."""

    heading: str
    variants: list[str] = Field(default_factory=list)
    type: ColumnType
    required: bool = False
    """The heading must be in the file (a missing *value* is a matter for the suite)."""
    vocabulary: str | None = None
    """For ``code``: the file in expectations/vocabularies that lists the values."""
    values: dict[str, str] = Field(default_factory=dict)
    """For ``code``: this agency's own spellings, e.g. ``{"1": "male"}``, before the vocabulary is asked."""

    @model_validator(mode="after")
    def _codes_name_their_vocabulary(self) -> Column:
        if self.type == "code" and not self.vocabulary:
            raise ValueError(f"column «{self.heading}» is a code but names no vocabulary")
        return self


class WideForm(_Declared):
    """One row per household: columns that hold further members instead of rows of their own."""

    marker: list[str]
    """Canonical columns whose headings tell that the sheet is in the wide form."""
    spouse_name: Column
    spouse_national_id: Column
    child_heading: str
    """Heading of the n-th child's column with ``{n}`` for the number, e.g. «فرزند {n}»."""
    columns_not_in_wide: list[str]


class Mention(_Declared):
    """Which columns of a record name one person. Keys are canonical columns of the list; absent = the list does not say."""

    role: MentionRole
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    father_name: str | None = None
    national_id: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    county: str | None = None
    phones: list[str] = Field(default_factory=list)
    relation: str | None = None
    """The column with the relation; or, in brackets, a fixed value, e.g. ``[prisoner]``."""
    prison: str | None = None
    """Of a prisoner: the column with the prison where he is held."""
    custody_start: str | None = None
    """Of a prisoner: the column with the day since when he is held."""


class ListDeclaration(_Declared):
    """One list of one agency."""

    title: Title
    role: ListRole
    form_from: str = "1390-01"
    """First reporting month in which the agency used this form (Solar Hijri ``YYYY-MM``)."""
    key: list[str]
    """Canonical columns that name the record inside the agency, the same from month to month."""
    family_key: list[str] = Field(default_factory=list)
    """Canonical columns (first non-empty wins) that tie records of one family in this list."""
    expected_records: tuple[int, int]
    """Fewest and most records of a healthy month; outside it the submission is refused until confirmed."""
    volume_tolerance: float = 0.4
    """Share by which the number of records may differ from the median of the last six months (``trust.md`` B7)."""
    stands_for: dict[str, list[str]] = Field(default_factory=dict)
    """A whole and its parts, ``{full_name: [first_name, last_name]}``: of what a file lacks, the required one is made."""
    merged_down: list[str] = Field(default_factory=list)
    """Columns whose empty cell means "as above" in a file that shows merging down."""
    columns: dict[str, Column]
    wide: WideForm | None = None
    unused_headings: list[str] = Field(default_factory=list)
    """Headings we know and do not read (sensitive or not needed)."""
    mentions: list[Mention]
    file_name_hints: list[str] = Field(default_factory=list)
    """Words in a file name that decide when headings fit two lists."""

    @model_validator(mode="after")
    def _names_its_own_columns(self) -> ListDeclaration:
        named = set(self.key) | set(self.family_key) | set(self.merged_down) | set(self.stands_for)
        named |= {name for replaced in self.stands_for.values() for name in replaced}
        for mention in self.mentions:
            named |= {v for k, v in mention.model_dump().items() if isinstance(v, str) and k != "role"}
            named |= set(mention.phones)
        wide = {"spouse_name", "spouse_national_id"} if self.wide else set()
        unknown = sorted(n for n in named if not n.startswith("[") and n not in self.columns and n not in wide)
        if unknown:
            raise ValueError(f"names columns that it does not declare: {', '.join(unknown)}")
        return self


class Agency(_Declared):
    """An agency and the lists it sends."""

    agency: str
    title: Title
    steward: str
    """Mailbox of the agency's contact who answers questions about the lists."""
    counts_as_cover: bool
    lists: dict[str, ListDeclaration]
