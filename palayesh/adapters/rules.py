"""The rules kept as data under ``expectations/``; a mistake in one of its files is told in one readable line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from palayesh.adapters.files import read_yaml
from palayesh.findings import Refusal
from palayesh.parameters import (
    PROGRAMME_WITH_CEILING,
    CoveragePolicies,
    DisclosurePolicy,
    FigureDefinition,
    OverlapPolicy,
    Parameter,
    Programme,
)

_Model = TypeVar("_Model", bound=BaseModel)


def load_programmes(expectations: Path) -> dict[str, Programme]:
    """Every programme under ``expectations/programmes`` by its id. Raises Refusal on the first mistake."""
    files = sorted((expectations / "programmes").glob("*.yml"))
    if not files:
        raise _refusal(expectations / "programmes", "no programme file was found")
    programmes = {}
    for path in files:
        programme = _typed(Programme, _content(path), path)
        if programme.programme != path.stem:
            raise _refusal(path, f"the file must be named {programme.programme}.yml, as the programme it describes")
        programmes[programme.programme] = programme
    return programmes


def load_policies(expectations: Path) -> CoveragePolicies:
    """What the coverage stage needs; ceiling and waiting-list order stand in the Association's programme file."""
    folder = expectations / "coverage"
    figures = {}
    for key, entry in _content(folder / "figures.yml").items():
        figures[str(key)] = _typed(FigureDefinition, entry, folder / "figures.yml", within=str(key))
    programmes = load_programmes(expectations)
    association = programmes.get(PROGRAMME_WITH_CEILING)
    return CoveragePolicies(
        overlap=_typed(OverlapPolicy, _content(folder / "overlap_policy.yml"), folder / "overlap_policy.yml"),
        figures=figures,
        disclosure=_typed(DisclosurePolicy, _content(folder / "disclosure.yml"), folder / "disclosure.yml"),
        capacity=_parameter(association, "capacity", expectations),
        waiting_list_order=_parameter(association, "waiting_list_order", expectations),
        programme_roles={name: programme.support_role for name, programme in programmes.items()},
    )


def _parameter(programme: Programme | None, name: str, expectations: Path) -> Parameter:
    if programme is None or name not in programme.parameters:
        raise _refusal(
            expectations / "programmes" / f"{PROGRAMME_WITH_CEILING}.yml", f"the parameter «{name}» is missing"
        )
    return programme.parameters[name]


def _content(path: Path) -> dict[str, Any]:
    try:
        content = read_yaml(path)
    except OSError as reason:
        raise _refusal(path, "the file cannot be read") from reason
    except yaml.YAMLError as reason:
        mark = getattr(reason, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise _refusal(path, f"{where}{getattr(reason, 'problem', None) or 'this is not YAML'}") from reason
    if not isinstance(content, dict):
        raise _refusal(path, "the file must hold named entries (key: value)")
    return content


def _typed(model: type[_Model], content: Any, path: Path, within: str = "") -> _Model:
    try:
        return model.model_validate(content)
    except ValidationError as reason:
        first = reason.errors(include_input=False, include_url=False)[0]
        place = ".".join([within, *map(str, first["loc"])]).strip(".")
        raise _refusal(path, f"{place}: {first['msg']}") from reason


def _refusal(path: Path, what: str) -> Refusal:
    where = f"{path.parent.name}/{path.name}"
    return Refusal(
        "rules_file_not_understood",
        f"پروندهٔ {where} درست نیست: {what}. آن را درست کنید و دوباره اجرا کنید.",
        f"expectations/{where}: {what}. Mend the file and run again.",
    )
