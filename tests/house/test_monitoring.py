"""The alerts and the dashboard ask for figures that the services really give: each name in a query stands in the answer of GET /metrics."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from shared.web.observing import Metrics
from tests.house.files import ROOT

RULES, DASHBOARD = ROOT / "deploy/prometheus/xingqi.rules.yml", ROOT / "deploy/grafana/xingqi.json"
WORDS = re.compile(r"[a-z_]+")
OF_PROMETHEUS = {"up"}


def queries(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON and YAML
    """Every query of the file, wherever it stands."""
    match value:
        case dict():
            for name, inner in value.items():
                if name == "expr":
                    yield str(inner)
                else:
                    yield from queries(inner)
        case list():
            for inner in value:
                yield from queries(inner)
        case _:
            return


def exposed() -> dict[str, set[str]]:
    """Each sample that a service gives with the names of its labels."""
    metrics = Metrics("roster")
    metrics.count("GET", "/clock", 200, 0.01)
    metrics.refused.labels("/clock", "forbidden").inc()
    metrics.followed_position.labels("roster").set(1)
    samples: dict[str, set[str]] = {}
    for line in generate_latest(metrics.registry).decode().splitlines():
        if found := re.match(r"([a-z_]+)(?:\{(.*)\})? ", line):
            samples[found[1]] = set(re.findall(r"([a-z_]+)=", found[2] or ""))
    return samples


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda file: str(file.name))
def test_every_query_asks_for_what_is_there(file: Path) -> None:
    samples, asked = exposed(), list(queries(yaml.safe_load(file.read_text())))
    assert len(asked) > 5
    for query in asked:
        for name, selector in re.findall(r"\b(xingqi_[a-z_]+|process_[a-z_]+)(?:\{([^}]*)\})?", query):
            assert name in samples, f"{query}: no service gives {name}"
            wrong = set(re.findall(r"([a-z_]+)(?:=|!=|=~)", selector)) - samples[name] - {"county", "instance", "job"}
            assert not wrong, f"{query}: {name} has no label {wrong}"


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in alerts}) == len(alerts)
    for rule in alerts:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]


def test_the_panels_of_the_dashboard_do_not_overlap_and_have_a_unit() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        assert panel["fieldConfig"]["defaults"]["unit"]
        taken |= cells


PROMTOOL = shutil.which("promtool")


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: the rules' syntax is not checked by Prometheus itself")
def test_prometheus_itself_takes_the_rules() -> None:
    done = subprocess.run([PROMTOOL or "", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
