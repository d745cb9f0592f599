"""What operators are given to watch the service with speaks of figures that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.core.observability.figures import FAMILIES
from app.core.pages.metrics import PATH

ROOT = Path(__file__).parent.parent.parent
DASHBOARD = ROOT / "deploy" / "grafana" / "dateline.json"
GUIDE = ROOT / "docs" / "guides" / "observability.md"
GROUPING = re.compile(r"by \(([^)]*)\)")
NAME = re.compile(r"dateline_[a-z_]+")
SELECTOR = re.compile(r"(dateline_[a-z_]+)\{([^}]*)\}")


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return found


def expressions() -> list[str]:
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]


def family_of(name: str) -> str:
    bare = re.sub("_(bucket|sum|count)$", "", name)
    return bare if bare in FAMILIES and FAMILIES[bare].kind == "histogram" else name


@pytest.mark.parametrize("page", [DASHBOARD, GUIDE], ids=lambda page: page.name)
def test_every_figure_that_is_named_exists(page: Path) -> None:
    named = set(NAME.findall(page.read_text("utf-8")))

    assert len(named) > 12
    assert {family_of(name) for name in named} <= set(FAMILIES)


def test_every_figure_is_on_the_dashboard() -> None:
    shown = {family_of(name) for expression in expressions() for name in NAME.findall(expression)}

    assert set(FAMILIES) - shown - {"dateline_cache_entries", "dateline_log_read"} == set()


@pytest.mark.parametrize("expression", expressions())
def test_a_panel_asks_by_labels_that_its_figures_have(expression: str) -> None:
    added = {"instance", "le", ""}
    for name, labels in SELECTOR.findall(expression):
        assert {label.split("=")[0] for label in labels.split(",")} <= {*FAMILIES[family_of(name)].labels, *added}
    grouped = {label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",")}
    for name in NAME.findall(expression):
        assert grouped <= {*FAMILIES[family_of(name)].labels, *added}
        if FAMILIES[family_of(name)].kind == "counter":
            assert f"rate({name}" in expression, "a counter is of use as a rate"


def test_panels_have_places_of_their_own_and_say_what_they_show() -> None:
    panels = dashboard()["panels"]
    taken = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels) > 15
    assert len(set(taken)) == len(taken)
    assert all(panel["title"] for panel in panels)


def test_the_configuration_of_prometheus_asks_where_the_figures_are() -> None:
    text = (ROOT / "deploy" / "prometheus.yml").read_text("utf-8")

    assert f"metrics_path: {PATH}\n" in text
    assert "type: Bearer\n" in text
