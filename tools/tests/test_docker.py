"""The Docker set-up keeps what the support runbook relies on."""

import configparser
import re
from pathlib import Path

import pytest

from tools.suite import image
from tools.suite.addons import discover
from tools.suite.errors import SuiteError

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture
def options():
    """The options of the configuration file that the containers share."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "odoo.conf", encoding="utf-8")
    return parser["options"]


def test_upgrade_in_the_running_container_does_not_bind_the_servers_port(options):
    assert "workers" not in options
    assert "--workers=${ODOO_WORKERS:-4}" in COMPOSE


def test_every_process_of_the_container_finds_the_database(options):
    assert not any(name.startswith("db_") for name in options if name != "db_maxconn")
    assert "PGHOST: db" in COMPOSE
    assert "./odoo.conf:/etc/odoo/odoo.conf:ro" in COMPOSE


def test_production_settings_are_closed_and_behind_a_proxy(options):
    assert options.getboolean("proxy_mode")
    assert not options.getboolean("list_db")


def test_secrets_come_from_the_environment_only(options):
    assert "admin_passwd" not in options
    for value in re.findall(r"PASSWORD: (.*)", COMPOSE):
        assert value.startswith("${POSTGRES_PASSWORD:?")


def test_stored_data_is_in_named_volumes():
    assert "db-data:/var/lib/postgresql/data" in COMPOSE
    assert "odoo-data:/var/lib/odoo" in COMPOSE


def test_image_gets_the_addons_and_what_to_install_with_them(tmp_path):
    image.prepare(ROOT, "18.0", tmp_path)
    ours = discover(ROOT)
    assert set((tmp_path / "addons.txt").read_text().split()) == set(ours)
    assert {path.name for path in (tmp_path / "addons").iterdir()} == set(ours)
    assert (tmp_path / "demo_flags.txt").read_text() == "--without-demo=all\n"
    assert ".play(env)" in (tmp_path / "story.py").read_text()
    assert "openpyxl" in (tmp_path / "python.txt").read_text().split()


def test_image_of_19_holds_the_rendered_addons(tmp_path):
    image.prepare(ROOT, "19.0", tmp_path)
    assert (tmp_path / "demo_flags.txt").read_text() == ""
    manifest = tmp_path / "addons" / "device_inventory" / "__manifest__.py"
    assert '"19.0.' in manifest.read_text()


def test_image_of_an_unknown_series_is_refused(tmp_path):
    with pytest.raises(SuiteError, match=r"ODOO_SERIES=16\.0 is not supported"):
        image.prepare(ROOT, "16.0", tmp_path / "never")
    assert not (tmp_path / "never").exists()
