"""Agencies and vocabularies as declared in YAML, read strictly: one readable line for every mistake, never a guess."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from palayesh.adapters.files import YamlLoader, read_yaml
from palayesh.correspondence import Correspondence
from palayesh.declaration import Agency
from palayesh.findings import Refusal
from palayesh.vocabulary import Vocabulary

_Model = TypeVar("_Model", bound=BaseModel)
_LONGEST_LIST_OF_MISTAKES = 5


def load_agency(path: Path) -> Agency:
    """The agency that a ``source.yml`` (or its folder) declares. Raises Refusal with one line naming file and key."""
    source = path / "source.yml" if path.is_dir() else path
    agency = _typed(Agency, _read(source), source)
    folder = source.resolve().parent.name
    if source.name == "source.yml" and agency.agency != folder:
        raise _refusal(source, f"agency: «{agency.agency}» must be the name of its folder, «{folder}»")
    return agency


def load_agencies(root: Path) -> dict[str, Agency]:
    """Every agency whose folder under ``root`` holds a ``source.yml``, by name; a folder with ``_`` first is a pattern.

    The vocabularies beside ``root`` (``../vocabularies``), where there are any, must know what the agencies name.
    Raises Refusal on the first mistake, and when there is no agency at all.
    """
    sources = sorted(path for path in root.glob("*/source.yml") if not path.parent.name.startswith("_"))
    if not sources:
        raise _refusal(root, "no agency is declared here; each has a folder with a source.yml")
    folder = root.parent / "vocabularies"
    vocabularies = load_vocabularies(folder) if folder.is_dir() else None
    agencies = {}
    for source in sources:
        agency = load_agency(source)
        if vocabularies is not None:
            _check_codes(agency, vocabularies, source)
        agencies[agency.agency] = agency
    return agencies


def load_vocabularies(root: Path) -> dict[str, Vocabulary]:
    """Every vocabulary in ``root``, by file name without ``.yml``. Raises Refusal on the first mistake."""
    files = sorted(root.glob("*.yml"))
    if not files:
        raise _refusal(root, "no vocabulary is declared here")
    return {path.stem: _typed(Vocabulary, _read(path), path) for path in files}


def load_correspondence(path: Path) -> Correspondence:
    """Who gets what, from the installation's ``delivery.yml``. Raises Refusal on the first mistakes."""
    return _typed(Correspondence, _read(path), path)


def load_passwords(path: Path) -> dict[str, str]:
    """Recipient → password, from a file of such lines. Raises Refusal, which quotes no password."""
    content = _read(path)
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise _refusal(path, 'must hold lines like «head_office: "password"», each password in quotes')
    return {str(key): value for key, value in content.items()}


def _check_codes(agency: Agency, vocabularies: dict[str, Vocabulary], source: Path) -> None:
    for list_name, declaration in agency.lists.items():
        for column_name, column in declaration.columns.items():
            where = f"lists.{list_name}.columns.{column_name}"
            name = column.type if column.type in ("county", "province") else column.vocabulary
            if name is None:
                continue
            if name not in vocabularies:
                raise _refusal(
                    source, f"{where}.vocabulary: there is no vocabulary «{name}»{_nearest(name, vocabularies)}"
                )
            unknown = sorted(set(column.values.values()) - vocabularies[name].known_values)
            if unknown:
                near = _nearest(unknown[0], vocabularies[name].known_values)
                raise _refusal(source, f"{where}.values: the vocabulary «{name}» has no value «{unknown[0]}»{near}")


class _StrictLoader(YamlLoader):
    """YAML without its surprises: no octal numbers, no dates in the year 1403, no ``no`` for false, no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    raise _mark(key_node, f"the key «{key_node.value}» stands twice")
                seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def _mark(node: yaml.Node, problem: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _refuse_date(_: _StrictLoader, node: yaml.ScalarNode) -> Any:
    raise _mark(node, f"write «{node.value}» in quotes: without them YAML makes a Gregorian date of it")


def _plain_integer(loader: _StrictLoader, node: yaml.ScalarNode) -> Any:
    if not re.fullmatch(r"[-+]?(0|[1-9][0-9_]*)", node.value):
        raise _mark(node, f"write «{node.value}» in quotes: without them YAML makes another number of it")
    return loader.construct_yaml_int(node)


def _plain_truth(loader: _StrictLoader, node: yaml.ScalarNode) -> Any:
    if node.value.lower() not in ("true", "false"):
        raise _mark(
            node, f"write «{node.value}» in quotes, or true or false: without them YAML makes a truth value of it"
        )
    return loader.construct_yaml_bool(node)


_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _refuse_date)
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _plain_integer)
_StrictLoader.add_constructor("tag:yaml.org,2002:bool", _plain_truth)


def _read(path: Path) -> Any:
    try:
        return read_yaml(path, _StrictLoader)
    except OSError as error:
        raise _refusal(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _refusal(path, "is not UTF-8: save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise _refusal(path, f"{line}{error.problem or 'is not YAML'}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise _refusal(path, f"is not YAML: {str(error).splitlines()[0]}") from None


def _typed(model: type[_Model], content: Any, path: Path) -> _Model:
    if not isinstance(content, dict):
        raise _refusal(path, "is empty, or not a mapping of keys to values")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False, include_context=False)
        told = [_mistake(model, mistake) for mistake in mistakes[:_LONGEST_LIST_OF_MISTAKES]]
        if len(mistakes) > len(told):
            told.append(f"and {len(mistakes) - len(told)} more")
        raise _refusal(path, "; ".join(told)) from None


def _mistake(model: type[BaseModel], mistake: Any) -> str:
    where = ".".join(str(part) for part in mistake["loc"])
    said = mistake["msg"].removeprefix("Value error, ")
    if mistake["type"] == "extra_forbidden":
        said = f"this key is not known{_nearest(str(mistake['loc'][-1]), _known_keys(model))}"
    if mistake["type"] == "missing":
        said = "this key is missing"
    return f"{where}: {said}" if where else said


def _known_keys(model: type[BaseModel]) -> set[str]:
    """Every key of a model and of the models inside it."""
    keys: set[str] = set()
    for definition in [schema := model.model_json_schema(), *schema.get("$defs", {}).values()]:
        keys |= set(definition.get("properties", {}))
    return keys


def _nearest(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, [str(one) for one in known], n=1)
    return f"; did you mean «{near[0]}»?" if near else ""


def _refusal(path: Path, mistake: str) -> Refusal:
    shown = "/".join(path.parts[-3:])
    return Refusal("declaration_mistake", f"اشتباه در {shown}: {mistake}", f"{shown}: {mistake}")
