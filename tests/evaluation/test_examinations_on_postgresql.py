"""The examination on a real PostgreSQL server: held over the API, and the same bytes where its log is carried over to SQLite."""

from __future__ import annotations

from pathlib import Path

from services.evaluation.commands.examinations import repeat_examination
from services.evaluation.projections.roster import SIDE_TABLES
from shared.settings import Settings
from shared.store import Write
from shared.store.log import recorded_of
from shared.store.opening import open_log, storage_of
from tests.evaluation.builders import found, running_town
from tests.evaluation.sealed_town import Sealed, sitting, straight
from tests.postgres import fresh_database

CLOCK = "manual:2026-08-01T02:00:00Z"


async def test_an_examination_held_on_postgresql_gives_the_same_bytes_on_sqlite(tmp_path: Path) -> None:
    url = fresh_database()
    async with running_town(tmp_path, CLOCK, url) as town:
        await found(town)
        await town.mirror.catch_up_with_roster()
        made = Sealed(town)
        north, south = sitting(town.places["north"], 100, seed=1), sitting(town.places["south"], 200, seed=2)
        straight(north)
        south.stars = {south.members[3]: 3 if south.final[south.members[3]] < 90 else 1}
        made.write("north", north)
        made.write("south", south)
        told = await made.examine()
        leads = {one["indicator"] for one in await made.leads() if one["level"] != "note"}
    assert (told["state"], told["reviews"], told["ballots"], told["unreadable"]) == ("held", 2, 28, 0)
    assert {"A2", "B1"} <= leads <= {"A1", "A2", "B1"}
    carry_over(tmp_path, url)
    log = open_log(Settings(data=tmp_path, clock=CLOCK, _env_file=None), "evaluation", SIDE_TABLES)
    recorded, repeated = await repeat_examination(log, told["id"])
    log.close()
    assert recorded == repeated == told["result"]


def carry_over(data: Path, url: str) -> None:
    """Write the events and keys of a store on PostgreSQL into SQLite files in `data`, position by position; the master key lies there."""
    source, target = (Settings(data=data, clock=CLOCK, database_url=each, _env_file=None) for each in (url, None))
    log = open_log(source, "evaluation", SIDE_TABLES)
    events = [recorded_of(row) for row in log.page(0, 10_000)]
    log.close()
    theirs, ours = (storage_of(each, "evaluation").database("keys") for each in (source, target))
    keys = [
        (name, None if wrapped is None else bytes(wrapped))
        for name, wrapped in theirs.connection().execute("SELECT name, wrapped FROM keys")
    ]
    copy = open_log(target, "evaluation", SIDE_TABLES)
    for one in events:
        copy.save(Write(one.stream, one.version - 1, [one.event]))
    copy.close()
    with ours.transaction() as connection:
        connection.executemany("INSERT INTO keys VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET wrapped = excluded.wrapped", keys)
    theirs.close()
    ours.close()
