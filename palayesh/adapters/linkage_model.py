"""The trained linkage model as it lies in ``expectations/linkage/model.yml``."""

from __future__ import annotations

from pathlib import Path

import yaml

from palayesh.adapters.files import read_yaml
from palayesh.findings import Refusal
from palayesh.linkage import LinkageModel


def load_linkage_model(expectations: Path) -> LinkageModel:
    """The model of this installation. Raises Refusal with one line if the file is not one."""
    path = expectations / "linkage" / "model.yml"
    try:
        return LinkageModel.model_validate(read_yaml(path))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Refusal(
            "linkage_model_mistake",
            "پروندهٔ linkage/model.yml خوانده نشد؛ آن را از مخزن برنامه بازگردانید.",
            f"linkage/model.yml cannot be used ({type(error).__name__}); restore it from the project.",
        ) from None
