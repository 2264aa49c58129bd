"""JSON schemas of the files in ``expectations/``, made from the models that read them: for editors and for review.

``python -m palayesh.adapters.schemas`` writes them to ``expectations/schemas/``; a test says when that is due.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from palayesh.adapters import settings
from palayesh.adapters.files import read_yaml, write_whole
from palayesh.declaration import Agency
from palayesh.linkage import LinkageModel
from palayesh.linkage.guards import Guards
from palayesh.parameters import DisclosurePolicy, FigureDefinition, OverlapPolicy, Programme
from palayesh.review.policy import ReviewPolicy
from palayesh.validation.rules import Rule
from palayesh.vocabulary import Vocabulary

KINDS: dict[str, tuple[str, Any]] = {
    "agency": ("agencies/*/source.yml", Agency),
    "suite": ("agencies/*/suite.*.yml", list[Rule]),
    "programme": ("programmes/*.yml", Programme),
    "vocabulary": ("vocabularies/*.yml", Vocabulary),
    "figures": ("coverage/figures.yml", dict[str, FigureDefinition]),
    "overlap_policy": ("coverage/overlap_policy.yml", OverlapPolicy),
    "disclosure": ("coverage/disclosure.yml", DisclosurePolicy),
    "linkage_model": ("linkage/model.yml", LinkageModel),
    "linkage_guards": ("linkage/guards.yml", Guards),
    "review_policy": ("review/queue.yml", ReviewPolicy),
}
"""Kind of file: where its files are, and the model that reads them."""


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON schema of one kind of file; YAML's lists stand for tuples and sets."""
    schema = TypeAdapter(KINDS[kind][1]).json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **schema}


def files_of(kind: str, expectations: Path) -> list[Path]:
    """Every file of the kind, by name."""
    return sorted(expectations.glob(KINDS[kind][0]))


def text_of(kind: str) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema_of(kind), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def content_of(path: Path) -> Any:
    """A file's content as JSON would hold it: keys are texts."""
    return json.loads(json.dumps(read_yaml(path), default=str))


def write_all(expectations: Path) -> list[Path]:
    """Every schema stands under ``schemas/``; returns the files."""
    written = []
    for kind in KINDS:
        path = expectations / "schemas" / f"{kind}.schema.json"
        write_whole(path, text_of(kind).encode("utf-8"), mode=0o644)
        written.append(path)
    return written


if __name__ == "__main__":
    write_all(settings.current().expectations)
