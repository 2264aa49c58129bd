"""The probabilities at which something is decided stand in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

import palayesh
from palayesh.linkage import LinkageModel, bars
from palayesh.linkage.estimate import Weights
from palayesh.linkage.table import accept_bar
from tests.linkage.months import linkage_settings

MODEL = Path(__file__).parents[2] / "expectations" / "linkage" / "model.yml"
PACKAGE = Path(palayesh.__file__).parent
BARS = {name: value for name, value in vars(bars).items() if name.isupper()}


def keys_of(value: object) -> set[str]:
    if not isinstance(value, dict):
        return set()
    return {str(key) for key in value} | {inner for part in value.values() for inner in keys_of(part)}


def bars_in(model: str) -> list[str]:
    """Keys of a model file that say from which probability on something is joined or asked."""
    return sorted(keys_of(yaml.safe_load(model)) & {"accept_probability", "review_probability"})


def copies_in(source: str) -> list[str]:
    """Names that a module gives a value to and that are a bar's, whatever stands before or after them."""
    assigned = [
        target.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and node.value is not None and not isinstance(node.value, ast.Name)
    ]
    return [name for name in assigned if name.isupper() and any(bar in name.strip("_").split() for bar in BARS)]


def compared_numbers(source: str) -> list[float]:
    """Numbers between 0 and 1 that something is compared with and that are a bar's."""
    return [
        end.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        for end in [node.left, *node.comparators]
        if isinstance(end, ast.Constant) and isinstance(end.value, float) and end.value in BARS.values()
    ]


def test_the_model_file_has_no_bars() -> None:
    assert bars_in(MODEL.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "linkage").glob("*.py")), ids=lambda path: path.stem)
def test_no_module_has_a_bar_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert path.name == "bars.py" or copies_in(source) == []
    assert compared_numbers(source) == []


def test_what_is_decided_with_is_what_is_written_there() -> None:
    model = linkage_settings().model
    assert (model.accept_probability, model.review_probability) == (bars.ACCEPT_IN_A_MONTH, bars.REVIEW)
    for rate, bar in ((0.1, bars.ACCEPT), (1e-13, bars.ACCEPT_WITHOUT_FAMILIES)):
        assert accept_bar(Weights([], [], [], [], np.full((3, 2), rate), (0.0, 0.0))) == bar


def test_a_model_file_with_a_bar_is_refused() -> None:
    declared = yaml.safe_load(MODEL.read_text(encoding="utf-8"))
    LinkageModel.model_validate(declared)
    with pytest.raises(ValidationError, match=r"bars\.py"):
        LinkageModel.model_validate(declared | {"accept_probability": 0.8})


def test_a_second_copy_is_noticed() -> None:
    assert bars_in("accept_probability: 0.75") == ["accept_probability"]
    assert copies_in("_ACCEPT = 0.9\nREVIEW: float = 0.2") == ["_ACCEPT", "REVIEW"]
    assert copies_in("from palayesh.linkage.bars import REVIEW") == []
    assert compared_numbers("sure = probability >= 0.75") == [0.75]
