"""docker-compose.yml is one that an operator can leave alone: nothing runs as root, nothing has a password in it, everything heals."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.settings import SERVICES, ServiceName, Settings
from tests.house.files import ROOT, tracked_files

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = (*SERVICES, "migrate")


def test_the_three_services_and_the_migration_are_one_image_that_is_built_here() -> None:
    assert set(CONTAINERS) == {*OURS, "database"}
    assert {CONTAINERS[name]["image"] for name in OURS} == {"xingqi:local"}
    assert {name: CONTAINERS[name]["build"] for name in OURS if "build" in CONTAINERS[name]} == {"migrate": "."}
    for service in SERVICES:
        assert CONTAINERS[service]["command"] == ["python", "-m", "xingqi.serve", service]


def test_the_database_is_a_named_release_of_postgresql() -> None:
    assert CONTAINERS["database"]["image"] == "${XINGQI_POSTGRES_IMAGE:-postgres:16}"


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_can_write_to_its_volumes_and_tmpfs_only_and_has_limits(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert any(place.startswith("/tmp:") for place in container["tmpfs"])  # noqa: S108 - of the container
    assert "no-new-privileges:true" in container["security_opt"]
    assert {"mem_limit", "cpus", "pids_limit"} <= set(container)
    assert container["networks"] == ["cell"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(container)
    named = {volume.partition(":")[0] for volume in container["volumes"]}
    assert named <= set(COMPOSE["volumes"]), "named volumes alone: no folder of the host"


@pytest.mark.parametrize("name", [*SERVICES, "database"])
def test_what_goes_down_comes_up_again_and_says_whether_it_is_well(name: str) -> None:
    assert CONTAINERS[name]["restart"] == "unless-stopped"
    check = CONTAINERS[name]["healthcheck"]["test"]
    assert check[0] == "CMD", "without a shell"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_healthy_when_it_says_that_it_is_ready(service: ServiceName) -> None:
    python, option, program = CONTAINERS[service]["healthcheck"]["test"][1:]
    assert (python, option) == ("python", "-c")
    ast.parse(program)
    port = Settings(_env_file=None).address_of(service)[1]
    assert f"http://127.0.0.1:{port}/health/ready" in program
    assert CONTAINERS[service]["environment"][f"XINGQI_{service.upper()}_URL"] == f"http://{service}:{port}"
    assert CONTAINERS[service]["ports"] == [f"127.0.0.1:{port}:{port}"], "to the world by a proxy with TLS alone"


def test_nothing_starts_before_what_it_stands_on() -> None:
    for service in SERVICES:
        waits_for = {name: how["condition"] for name, how in CONTAINERS[service]["depends_on"].items()}
        assert waits_for == {"migrate": "service_completed_successfully", "database": "service_healthy"}


def test_secrets_are_files_and_each_goes_only_to_who_needs_it() -> None:
    files = {name: secret["file"] for name, secret in COMPOSE["secrets"].items()}
    assert files == {name: f"./secrets/{name}" for name in ("master_key", "database_password", "owner_password")}
    given = {name: set(container["secrets"]) for name, container in CONTAINERS.items()}
    for service in SERVICES:
        assert given.pop(service) == {"master_key", "database_password"}
    assert given == {"migrate": {"owner_password", "database_password"}, "database": {"owner_password"}}


def test_no_password_stands_in_the_file_or_has_a_default() -> None:
    for container in CONTAINERS.values():
        for name, value in container["environment"].items():
            assert "PASSWORD" not in name or (name.endswith("_FILE") and value.startswith("/run/secrets/"))
            assert "://" not in value or ":" not in value.split("://")[1].partition("@")[0].partition("/")[0] or "@" not in value


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting(name: str) -> None:
    known = {f"XINGQI_{field.upper()}" for field in Settings.model_fields}
    assert set(CONTAINERS[name]["environment"]) <= known


def test_the_image_holds_no_root_user_and_only_hashed_packages() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == {"python:3.11-slim"}
    assert "USER 10001:10001" in lines
    installs = [line for line in lines if "pip " in line]
    assert installs
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)


def test_what_goes_to_the_builder_is_the_product_and_no_data() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == {
        *("xingqi", "services", "shared"),
        *("pyproject.toml", "requirements.lock", "README.md", "LICENSE"),
    }


def test_secrets_are_made_once_and_stay(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(ROOT / "deploy/make-secrets", tmp_path / "deploy/make-secrets")

    def made() -> dict[str, bytes]:
        subprocess.run([script], cwd=tmp_path, check=True, capture_output=True)
        return {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}

    first = made()
    assert set(first) == set(COMPOSE["secrets"])
    assert len(first["master_key"]) == 32
    assert len(set(first.values())) == 3
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert made() == first


def test_no_secret_is_ever_committed() -> None:
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert not [path for path in tracked_files() if "secrets" in path.relative_to(ROOT).parts[:-1]]
    assert os.access(ROOT / "deploy/make-secrets", os.X_OK)
