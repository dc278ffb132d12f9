"""Counties on several servers: each a cell of its own that knows nothing of the others; a province reads their figures."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import polars as pl
import psycopg
import pytest

from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.events.results import Result, ResultsPublished, ReviewConfirmed
from services.evaluation.events.reviews import Eligible, ReviewOpened
from services.evaluation.projections.leads import Leads
from services.evaluation.projections.roster import SIDE_TABLES
from services.evaluation.projections.standings import Standings
from shared.projections import Views
from shared.store import Write, open_log
from tests.postgres import another_server, fresh_database
from tests.xingqi.processes import CHECKOUT, Done, environment
from xingqi.cells import Cell, cells_in

READER = "province"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    """Two databases on two servers, each with the province's role."""
    with another_server() as second:
        urls = (fresh_database(), second)
        for url in urls:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"DROP ROLE IF EXISTS {READER}".encode())
                connection.execute(f"CREATE ROLE {READER} LOGIN".encode())
        yield urls
        with psycopg.connect(urls[0], autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {READER}; DROP ROLE {READER}".encode())


def xingqi(folder: Path, *arguments: str) -> Done:
    plain = {name: value for name, value in environment(folder, {}).items() if not name.startswith("XINGQI_")}
    return subprocess.run([*CHECKOUT, *arguments], env=plain, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def create(folder: Path, county: str, server: str) -> Done:
    return xingqi(folder, "cell", "create", county, "--server", server, "--reader", READER)


def reader_of(server: str) -> str:
    parts = urlsplit(server)
    return urlunsplit(parts._replace(netloc=f"{READER}@{parts.netloc.rpartition('@')[2]}"))


def confirm_a_review(cell: Cell, *scores: str) -> None:
    """A review of so many members in the first half of 2026, confirmed with these scores, as the log of the cell holds it."""
    results = tuple(Result(f"m{number}", Decimal(score), 3 if Decimal(score) >= 90 else 2) for number, score in enumerate(scores))
    ids = {"review_id": "r1", "branch_id": "b1", "period": "2026-H1", "recorded_by": "s"}
    opened = ReviewOpened(
        electorate_on=date(2026, 6, 30), rulebook_id="r", version=1, rules=DEFAULT_RULES, committee=(), excused=(), circles=(),
        eligible=tuple(Eligible(one.member_id, None, "full", floating=False) for one in results), **ids,
    )  # fmt: skip
    published = ResultsPublished(working_days=5, raw_scores=False, without_peer_quorum=False, results=results, **ids)
    log = open_log(cell.settings(), "evaluation", SIDE_TABLES)
    views = Views(log, [Standings(), Leads()])
    log.save(Write("phase/r1", 0, [opened, published, ReviewConfirmed(certificate=None, **ids)]))
    views.catch_up()
    views.close()
    log.close()


def test_a_province_reads_three_counties_on_two_servers(tmp_path: Path, servers: tuple[str, str]) -> None:
    where = {"gaotai": servers[0], "linze": servers[0], "minle": servers[1]}
    for county, server in where.items():
        done = create(tmp_path, county, server)
        assert done.returncode == 0, done.stderr
    cells = {cell.county: cell for cell in cells_in(tmp_path / "cells")}
    for county, scores in {"gaotai": ("95", "80"), "linze": ("91.5",), "minle": ("70", "75", "98")}.items():
        confirm_a_review(cells[county], *scores)

    lists = "\n".join(f"{county} {reader_of(server)}" for county, server in where.items())
    counties = tmp_path / "counties"
    counties.write_text(f"# of the province\n{lists}\n")
    done = xingqi(tmp_path, "province", "standings", "--counties", str(counties), "--period", "2026-H1", "--out", "found.parquet")
    assert done.returncode == 0, done.stderr
    found = pl.read_parquet(tmp_path / "found.parquet").select("county", "members", "stars_3", "stars_2", "mean_score").rows()
    assert [(*row[:-1], str(row[-1])) for row in found] == [
        ("gaotai", 2, 1, 1, "87.5"),
        ("linze", 1, 1, 0, "91.5"),
        ("minle", 3, 1, 2, "81.0"),
    ]
    printed = xingqi(tmp_path, "province", "standings", "--counties", str(counties), "--by", "branch")
    assert [line.split()[:4] for line in printed.stdout.splitlines()[1:]] == [
        ["gaotai", "2026-H1", "b1", "2"], ["linze", "2026-H1", "b1", "1"], ["minle", "2026-H1", "b1", "3"],
    ]  # fmt: skip
    assert xingqi(tmp_path, "province", "leads", "--counties", str(counties)).returncode == 0

    listed = xingqi(tmp_path, "cell", "list")
    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == ["gaotai", "linze", "minle"]
    assert listed.returncode == 0


def test_a_county_that_is_not_reached_is_named_and_the_others_are_read(tmp_path: Path, servers: tuple[str, str]) -> None:
    (tmp_path / "counties").write_text(f"nowhere postgresql://x@127.0.0.1:1/none\nnobody {reader_of(servers[1])}\n")
    done = xingqi(tmp_path, "province", "standings", "--counties", "counties")
    assert done.returncode == 1
    assert "nowhere is left out" in done.stdout
    assert "nobody is left out: there is no cell of this county" in done.stdout
    assert "none of the counties is reached" in done.stderr


def test_a_role_of_one_county_reads_nothing_of_another(tmp_path: Path, servers: tuple[str, str]) -> None:
    assert create(tmp_path, "east", servers[1]).returncode == 0
    assert create(tmp_path, "west", servers[1]).returncode == 0
    east = Cell(tmp_path / "cells" / "east").settings()
    with psycopg.connect(east.database or "") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT 1 FROM west_evaluation.stored_events")
    with psycopg.connect(reader_of(servers[1])) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT 1 FROM west_evaluation.stored_events")


def test_what_can_t_be_made_leaves_nothing_behind(tmp_path: Path, servers: tuple[str, str]) -> None:
    for county, server, words in (
        ("Gao Tai", servers[1], "use 1 to 32 of a-z"),
        ("gaotai", "mysql://x@y/z", "postgresql://"),
        ("gaotai", "postgresql://owner@127.0.0.1:1/none", "is not reached"),
    ):
        done = create(tmp_path, county, server)
        assert done.returncode in {1, 2}
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("cells/*"))
    assert create(tmp_path, "north", servers[1]).returncode == 0
    key = (tmp_path / "cells/north/master.key").read_bytes()
    again = create(tmp_path, "north", servers[1])
    assert "is there already" in again.stderr
    assert (tmp_path / "cells/north/master.key").read_bytes() == key
    assert (tmp_path / "cells/north/.env").stat().st_mode & 0o077 == 0
