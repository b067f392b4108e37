"""Addons, series, pins, stamps, demo users and the tree check."""

import json
import re
import threading
from pathlib import Path

import pytest

from tools.suite import bench, demo, oca, odoo, tree_check
from tools.suite.addons import (
    Addon,
    discover,
    foreign_dependencies,
    installation_order,
)
from tools.suite.errors import SuiteError
from tools.suite.stamp import Stamp, digest, digest_tree

ROOT = Path(__file__).resolve().parents[2]


def addon(name: str, *depends: str) -> Addon:
    return Addon(name, Path(name), {"depends": list(depends)})


def named(*addons: Addon) -> dict[str, Addon]:
    return {each.name: each for each in addons}


def write_manifest(root: Path, name: str, text: str) -> None:
    (root / name).mkdir()
    (root / name / "__manifest__.py").write_text(text)


def test_addons_are_the_installable_ones_at_the_root(tmp_path):
    write_manifest(tmp_path, "good", "{'depends': ['base']}")
    write_manifest(tmp_path, "off", "{'installable': False}")
    (tmp_path / "docs").mkdir()
    assert list(discover(tmp_path)) == ["good"]


@pytest.mark.parametrize("text", ["{'depends': [", "['a list']", "open('x')"])
def test_broken_manifest_is_named(tmp_path, text):
    write_manifest(tmp_path, "bad", text)
    with pytest.raises(SuiteError, match=r"bad/__manifest__\.py is not a"):
        discover(tmp_path)


def test_foreign_dependencies_are_found_through_our_own_addons():
    ours = named(addon("a", "sale"), addon("b", "a", "stock"))
    assert foreign_dependencies([ours["b"]], ours) == ["sale", "stock"]
    assert foreign_dependencies([ours["a"]], ours) == ["sale"]


def test_addons_are_installed_after_those_they_need():
    ours = named(addon("a", "c"), addon("b", "a"), addon("c", "base"))
    assert [each.name for each in installation_order(ours)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("version_info = (18, 0, 0, FINAL, 0, '')", "18.0"),
        ("version_info = (19, 0, 0, FINAL, 0, 'e')", "19.0"),
        ("# x\nversion_info = ('17', 0, 0, FINAL, 0, '')", "17.0"),
    ],
)
def test_series_is_read_from_the_release_file(text, series):
    assert odoo.series_of(text) == series


@pytest.mark.parametrize("text", ["version_info = (16, 0, 0, FINAL)", "nothing"])
def test_unsupported_series_is_refused_with_the_supported_ones(text):
    with pytest.raises(SuiteError, match="is not supported") as caught:
        odoo.series_of(text)
    assert "17.0, 18.0, 19.0" in caught.value.hint


def test_checkout_without_odoo_is_refused(tmp_path):
    with pytest.raises(SuiteError, match="is not an Odoo source checkout"):
        odoo.locate(None, None, {"ODOO_HOME": str(tmp_path)})


def test_checkout_gives_its_series_and_its_addons(tmp_path):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "addons").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (18, 0, 0)\n")
    (tmp_path / "odoo-bin").write_text("")
    found = odoo.locate(None, None, {"ODOO_HOME": str(tmp_path)})
    assert found.series == "18.0"
    assert found.is_source_series
    assert found.core_addons == (tmp_path / "addons",)


@pytest.mark.parametrize(
    ("series", "with_demo", "without"),
    [
        ("17.0", [], ["--without-demo=all"]),
        ("18.0", [], ["--without-demo=all"]),
        ("19.0", ["--with-demo"], []),
    ],
)
def test_demo_data_is_asked_for_in_the_words_of_the_series(series, with_demo, without):
    one = odoo.Odoo(series, "v", Path("x"), None, (), Path("o"))
    assert one.demo_flags(demo=True) == with_demo
    assert one.demo_flags(demo=False) == without


def test_oca_addon_is_taken_in_its_pin_or_else_in_its_series():
    pins = oca.read_pins("# comment\nodoo-addon-contract==18.0.2.6.2  # why\n\n")
    assert (
        oca.requirement("contract", "18.0", pins) == "odoo-addon-contract==18.0.2.6.2"
    )
    assert oca.requirement("queue_job", "18.0", pins) == "odoo-addon-queue_job==18.0.*"


def test_oca_pin_that_is_not_exact_is_refused():
    with pytest.raises(SuiteError, match="is no pin"):
        oca.read_pins("odoo-addon-contract>=18.0\n")


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements-oca-*.txt")), ids=str)
def test_oca_pins_are_of_the_series_that_their_file_names(path):
    series = path.stem.removeprefix("requirements-oca-")
    pins = oca.read_pins(path.read_text(encoding="utf-8"))
    assert pins
    assert all(f"=={series}." in pin for pin in pins.values())


def test_stamp_is_fresh_for_its_own_inputs_only(tmp_path):
    path = tmp_path / "stamp"
    Stamp(path, "one").write()
    assert Stamp(path, "one").is_fresh()
    assert not Stamp(path, "two").is_fresh()
    Stamp(path, "one").clear()
    assert not Stamp(path, "one").is_fresh()


def test_digest_tells_where_one_part_ends():
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_tree_digest_sees_contents_and_names_but_no_compiled_files(tmp_path):
    (tmp_path / "a.py").write_text("one")
    before = digest_tree(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("compiled")
    assert digest_tree(tmp_path) == before
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert digest_tree(tmp_path) != before


def test_demo_users_are_listed_in_the_order_of_the_addons(tmp_path):
    for name, depends in (("b_first", "base"), ("a_second", "b_first")):
        write_manifest(tmp_path, name, f"{{'depends': ['{depends}']}}")
        (tmp_path / name / "demo").mkdir()
        users = [{"login": name, "password": "p", "role": "r", "company": "c"}]
        (tmp_path / name / "demo" / "logins.json").write_text(json.dumps(users))
    logins = demo.logins(discover(tmp_path))
    assert [user["login"] for user in logins] == ["b_first", "a_second"]
    table = demo.describe(logins, 8070)
    assert "http://localhost:8070" in table
    assert re.search(r"b_first +p +r +c", table)


def test_addons_of_the_suite_ship_complete_logins():
    users = demo.logins(discover(ROOT))
    assert users
    for user in users:
        assert set(user) >= {"login", "password", "role", "company"}


def test_demo_settings_come_from_the_environment(tmp_path):
    standard = demo.settings(tmp_path, {})
    assert (standard.database, standard.port) == ("reyder_e2e", 8069)
    other = demo.settings(tmp_path, {"DEMO_DB": "mine", "HTTP_PORT": "9000"})
    assert (other.database, other.port) == ("mine", 9000)


def test_demo_state_survives_being_written(tmp_path):
    state = demo.State(
        "db", "19.0", "host:1", {"a": "1"}, 8069, {"pid": 1, "started": 2}
    )
    demo._save(state, tmp_path / "state.json")
    assert demo.load_state(tmp_path / "state.json") == state
    assert demo.load_state(tmp_path / "none.json") is None


FORBIDDEN = [
    "https://py" + "pi.org/simple",
    "http://deb." + "debian.org/debian",
    "https://registry." + "npmjs.org/",
    "see /work/" + "main/x",
    "/home/" + "someone/odoo",
    "-----BEGIN RSA PRIVATE " + "KEY-----",
    "ghp_" + "a" * 36,
    "postgres://user:" + "secret@db",
    "<" * 7 + " HEAD",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_tree_check_finds_what_must_not_be_there(text):
    assert list(tree_check.findings(f"first\n{text}\n"))[0][1] == 2


@pytest.mark.parametrize(
    "text",
    ["http://localhost:8069", "/etc/odoo/odoo.conf", "odoo:18.0", "user@example.com"],
)
def test_tree_check_leaves_ordinary_text_alone(text):
    assert not list(tree_check.findings(text))


def test_benchmark_of_an_unknown_name_is_refused(tmp_path):
    (tmp_path / "one.py").write_text("")
    assert [path.stem for path in bench.find(tmp_path, "")] == ["one"]
    with pytest.raises(SuiteError, match="no benchmark two"):
        bench.find(tmp_path, "two")


def test_benchmarks_of_a_family_run_by_its_name(tmp_path):
    for name in ("logins", "logins_many", "loginsome"):
        (tmp_path / f"{name}.py").write_text("")
    found = [path.stem for path in bench.find(tmp_path, "logins")]
    assert found == ["logins", "logins_many"]


def test_benchmark_says_what_it_is_without_being_run(tmp_path):
    (tmp_path / "slow.py").write_text(
        '"""What is measured.\n\nHow."""\n'
        "import only_inside_odoo\nMINUTES = 7\ndef measure(suite): ...\n"
    )
    slow = bench.read(tmp_path / "slow.py")
    assert slow.entries == ("measure",)
    assert slow.describe() == "slow: What is measured. (about 7 minutes)"


def test_file_without_a_benchmark_is_refused(tmp_path):
    (tmp_path / "none.py").write_text("def helper(): ...\n")
    with pytest.raises(SuiteError, match="is no benchmark") as caught:
        bench.read(tmp_path / "none.py")
    assert "run or measure" in caught.value.hint


class Meets(bench.Suite):
    """Its runs wait for each other, and so end only when they run together."""

    def __init__(self, parties):
        super().__init__(None, Path())
        self._barrier = threading.Barrier(parties, timeout=10)

    def inside(self, database, path, entry, arguments=None):
        self._barrier.wait()
        if entry == "fail":
            raise SuiteError("it failed", "Look.")
        return [{"name": database, "value": arguments}]


def test_functions_of_a_benchmark_run_at_the_same_time():
    runs = [(name, Path(), "go", {"folder": "f"}) for name in ("one", "two")]
    assert Meets(2).together(*runs) == [
        {"name": "one", "value": {"folder": "f"}},
        {"name": "two", "value": {"folder": "f"}},
    ]


def test_failure_of_one_of_several_functions_is_told():
    with pytest.raises(SuiteError, match="it failed"):
        Meets(2).together(("one", Path(), "go"), ("two", Path(), "fail"))


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=str)
def test_benchmarks_of_the_suite_say_what_they_are(path):
    assert bench.read(path).title.endswith(".")


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, "2.50 ms"),
        ({"baseline": 2.0}, "2.50 ms           2.00"),
        ({"limit": 3}, "within 3"),
        ({"limit": 2}, "MISSED: 2"),
        ({"limit": 2, "interval": (1, 4)}, "noise hides whether 2"),
        ({"limit": 2, "interval": (2.1, 4)}, "MISSED: 2"),
        ({"limit": 5, "interval": (1, 4)}, "within 5"),
    ],
)
def test_result_is_shown_beside_its_baseline_and_limit(more, shown):
    *_, line = bench.table([{"name": "a login", "value": 2.5, "unit": "ms", **more}])
    assert line.startswith("  a login ")
    assert line.endswith(shown)


def test_precommit_uses_the_versions_of_make_test():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    pins = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    npm = json.loads((ROOT / "tools" / "prettier" / "package.json").read_text())
    for name in ("ruff", "pylint", "pylint-odoo"):
        pin = re.search(rf"^{name}==\S+", pins, re.MULTILINE)[0]
        assert f"- {pin}\n" in hooks
    for name, version in npm["dependencies"].items():
        assert f'- "{name}@{version}"\n' in hooks
