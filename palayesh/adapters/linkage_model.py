"""The calibrated linkage model, the guards of linking and how review is secured, as they lie in ``expectations/``."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel

from palayesh.adapters.files import read_yaml
from palayesh.findings import Refusal
from palayesh.linkage import LinkageModel
from palayesh.linkage.guards import Guards
from palayesh.review.policy import ReviewPolicy

Declared = TypeVar("Declared", bound=BaseModel)


def load_linkage_model(expectations: Path) -> LinkageModel:
    """The model of this installation. Raises Refusal with one line if the file is not one."""
    return _load(expectations, "linkage/model.yml", LinkageModel)


def load_guards(expectations: Path) -> Guards:
    """The guards of this installation. Raises Refusal with one line if the file is not one."""
    return _load(expectations, "linkage/guards.yml", Guards)


def load_review_policy(expectations: Path) -> ReviewPolicy:
    """How review is secured in this installation. Raises Refusal with one line if the file is not one."""
    return _load(expectations, "review/queue.yml", ReviewPolicy)


def _load(expectations: Path, name: str, kind: type[Declared]) -> Declared:
    path = expectations / name
    try:
        return kind.model_validate(read_yaml(path))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Refusal(
            "linkage_model_mistake",
            f"پروندهٔ {name} خوانده نشد؛ آن را از مخزن برنامه بازگردانید.",
            f"{name} cannot be used ({type(error).__name__}); restore it from the project.",
        ) from None
