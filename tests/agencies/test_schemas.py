"""The JSON schemas of expectations/ are those of the models, and every file there keeps to its schema."""

import copy

import jsonschema
import pytest

from palayesh.adapters import schemas, settings

EXPECTATIONS = settings.current().expectations
FILES = [
    pytest.param(kind, path, id=f"{kind}-{path.parent.name}-{path.stem}")
    for kind in schemas.KINDS
    for path in schemas.files_of(kind, EXPECTATIONS)
]


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_the_schema_that_is_kept_is_the_models(kind: str) -> None:
    kept = EXPECTATIONS / "schemas" / f"{kind}.schema.json"
    assert kept.read_text(encoding="utf-8") == schemas.text_of(kind), "run: make schemas"


@pytest.mark.parametrize(("kind", "path"), FILES)
def test_every_file_keeps_to_its_schema(kind: str, path) -> None:
    schema = schemas.schema_of(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(schemas.content_of(path))


@pytest.mark.parametrize("kind", ["agency", "programme", "overlap_policy", "disclosure", "linkage_model", "vocabulary"])
def test_a_misspelled_key_is_against_the_schema(kind: str) -> None:
    content = copy.deepcopy(schemas.content_of(schemas.files_of(kind, EXPECTATIONS)[0]))
    first = next(iter(content))
    content[f"{first}x"] = content.pop(first)
    assert not jsonschema.Draft202012Validator(schemas.schema_of(kind)).is_valid(content)


def test_every_declaration_is_of_a_kind_with_a_schema() -> None:
    known = {path for kind in schemas.KINDS for path in schemas.files_of(kind, EXPECTATIONS)}
    there = {path for path in EXPECTATIONS.rglob("*.yml") if "sample" not in path.parts}
    assert there - known == set()
