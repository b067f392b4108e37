"""Refusals that depend on the machine: its system, disk, ports and other makes."""

import io
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.suite import lock, machine, ports, postgres, process, server
from tools.suite.console import Console
from tools.suite.errors import DISK_HINT, LOCK_HINT, NETWORK_HINT, SuiteError, hint_for
from tools.suite.layout import Layout
from tools.suite.venv import Venv

ROOT = Path(__file__).resolve().parents[2]


def test_debian_12_and_13_are_supported_and_others_are_not():
    release = machine.parse_os_release('ID=debian\nVERSION_ID="12"\nNAME="x"\n')
    assert machine.is_supported_debian(release)
    assert machine.is_supported_debian({"ID": "debian", "VERSION_ID": "13"})
    assert not machine.is_supported_debian({"ID": "debian", "VERSION_ID": "11"})
    assert not machine.is_supported_debian({"ID": "ubuntu", "VERSION_ID": "12"})


def test_other_systems_are_told_to_use_docker_or_a_checkout(monkeypatch):
    monkeypatch.setattr(machine, "os_release", lambda: {"PRETTY_NAME": "Other 1"})
    with pytest.raises(SuiteError) as caught:
        machine.require_debian("Odoo")
    assert "Other 1" in caught.value.message
    assert "Docker" in caught.value.hint
    assert "ODOO_HOME" in caught.value.hint


def test_full_disk_is_refused_with_both_figures(tmp_path):
    with pytest.raises(SuiteError, match=r"GB are free .* 1000000000\.0 GB are needed"):
        machine.require_disk(tmp_path, 1e9)


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ("tar: x: No space left on device", DISK_HINT),
        ("Temporary failure resolving 'mirror.example'", NETWORK_HINT),
        ("npm error code ENOTFOUND", NETWORK_HINT),
        ("E: Could not get lock /var/lib/dpkg/lock", LOCK_HINT),
        ("something else", "default"),
    ],
)
def test_known_causes_of_failed_commands_get_their_advice(output, hint):
    assert hint_for(output, "default") == hint


def test_failed_command_shows_its_last_lines_and_its_log(tmp_path):
    log = tmp_path / "x.log"
    with pytest.raises(SuiteError) as caught:
        process.run(["sh", "-c", "echo first; echo last; exit 3"], log=log)
    assert "exit code 3" in caught.value.message
    assert "| last" in caught.value.message
    assert str(log) in caught.value.message
    assert "first" in log.read_text()


def test_missing_program_is_named_with_the_advice(tmp_path):
    with pytest.raises(SuiteError, match="no-such-program is missing") as caught:
        process.run(["no-such-program"], log=tmp_path / "x.log", hint="Install it.")
    assert caught.value.hint == "Install it."


def test_command_gets_input_environment_and_reports_lines(tmp_path):
    lines = []
    process.run(
        ["sh", "-c", 'cat; echo "$PROBE"'],
        log=tmp_path / "x.log",
        stdin="given\n",
        env={"PROBE": "set"},
        on_line=lines.append,
    )
    assert lines == ["given\n", "set\n"]


def test_taken_port_names_the_process_that_holds_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SuiteError) as caught:
            ports.require_free(port)
    assert f"port {port} is taken by process {os.getpid()}" in caught.value.message
    assert f"HTTP_PORT={port + 1}" in caught.value.hint


def test_free_port_is_accepted():
    ports.require_free(ports.free_port())


@pytest.mark.parametrize("value", ["", "0", "65536", "http", "80 80"])
def test_port_that_is_none_is_refused(value):
    with pytest.raises(SuiteError, match="is not a port"):
        ports.parse_port(value)


def test_only_listening_sockets_of_the_port_count():
    table = (
        "  sl  local rem st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
        "   0: 0100007F:1F85 00000000:0000 0A 0:0 00:0 0 0 0 111 1\n"
        "   1: 0100007F:1F85 0100007F:9999 01 0:0 00:0 0 0 0 222 1\n"
        "   2: 0100007F:1F86 00000000:0000 0A 0:0 00:0 0 0 0 333 1\n"
    )
    assert ports.listening_inodes(table, 8069) == ["111"]


def test_second_make_is_told_who_holds_the_lock(tmp_path):
    path = tmp_path / "lock"
    with (
        lock.exclusive(path, "demo"),
        pytest.raises(SuiteError) as caught,
        lock.exclusive(path, "test"),
    ):
        pytest.fail("the lock was given twice")
    assert f"make demo, process {os.getpid()}" in caught.value.message


def test_lock_is_free_again_after_a_failure(tmp_path):
    path = tmp_path / "lock"
    with pytest.raises(ValueError, match="inside"), lock.exclusive(path, "demo"):
        raise ValueError("inside")
    with lock.exclusive(path, "test"):
        assert "make test" in path.read_text()


def test_lock_of_a_killed_holder_is_free(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import os, pathlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from tools.suite import lock\n"
        "with lock.exclusive(pathlib.Path(sys.argv[2]), 'demo'): os.abort()\n"
    )
    subprocess.run([sys.executable, "-c", code, str(ROOT), str(path)], check=False)
    assert "make demo" in path.read_text()
    with lock.exclusive(path, "test"):
        assert "make test" in path.read_text()


def test_process_is_not_mistaken_for_a_later_one_with_its_number():
    own = server.Process.of(os.getpid())
    assert own.is_alive()
    assert not server.Process(own.pid, own.started + 1).is_alive()


def test_stopped_process_is_gone():
    child = subprocess.Popen(["sleep", "60"])
    running = server.Process.of(child.pid)
    running.stop()
    assert not running.is_alive()
    assert child.wait() < 0


def test_stopped_server_takes_its_workers_along():
    # The shell forwards no signal: its child lives on unless the group is ended.
    script = "sleep 60 & echo $!; wait"
    child = subprocess.Popen(
        ["sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    worker = server.Process.of(int(child.stdout.readline()))
    assert worker.is_alive()
    server.Process.of(child.pid).stop()
    child.wait()
    child.stdout.close()
    deadline = time.monotonic() + 5
    while worker.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not worker.is_alive()


def test_stopping_a_member_of_a_group_leaves_the_group_alone():
    child = subprocess.Popen(["sleep", "60"])
    bystander = subprocess.Popen(["sleep", "60"])
    server.Process.of(child.pid).stop()
    child.wait()
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def cluster_below(folder: Path) -> postgres.Cluster:
    layout = Layout(folder)
    console = Console(io.StringIO())
    return postgres.Cluster(layout, console, Venv(layout, console))


def test_socket_moves_to_a_short_folder_when_its_path_is_too_long(tmp_path):
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 5)
    socket_path = cluster_below(deep).env["PGHOST"] + "/.s.PGSQL.5432"
    assert len(socket_path) <= 107


def test_two_checkouts_never_share_a_cluster(tmp_path):
    first = cluster_below(tmp_path / "one").env["PGHOST"]
    second = cluster_below(tmp_path / "two").env["PGHOST"]
    assert first != second


def test_named_server_that_does_not_answer_is_refused(tmp_path):
    venv = Venv(Layout(ROOT), Console(io.StringIO()))
    environ = {"PGHOST": str(tmp_path), "PGUSER": "nobody"}
    with pytest.raises(SuiteError, match=f"PGHOST={tmp_path} does not answer"):
        postgres.ensure(Layout(ROOT), Console(io.StringIO()), venv, environ)


def test_plain_console_prints_progress_every_ten_seconds():
    clock = [0.0]
    stream = io.StringIO()
    console = Console(stream, lambda: clock[0])
    with console.step("work"):
        for clock[0] in (1.0, 9.0, 11.0):
            console.progress(f"at {clock[0]:.0f}")
        clock[0] = 12.0
    assert stream.getvalue().splitlines() == [
        "==> work",
        "      11 s  at 11",
        "    done in 12.0 s: work",
    ]


def test_failed_step_says_so():
    stream = io.StringIO()
    with pytest.raises(ValueError, match="no"), Console(stream).step("work"):
        raise ValueError("no")
    assert "failed after" in stream.getvalue()


def test_interrupted_command_leaves_no_child_behind(tmp_path):
    def interrupt(line):
        pids.append(int(line))
        raise KeyboardInterrupt

    pids = []
    with pytest.raises(KeyboardInterrupt):
        process.run(
            ["sh", "-c", "echo $$; exec sleep 60"],
            log=tmp_path / "x.log",
            on_line=interrupt,
        )
    assert server.Process.of(pids[0]) is None


def test_environment_in_use_is_never_rebuilt(tmp_path, monkeypatch):
    venv = Venv(Layout(tmp_path), Console(io.StringIO()))
    venv.folder.mkdir(parents=True)
    kept = venv.folder / "kept"
    kept.write_text("")
    monkeypatch.setattr(sys, "prefix", str(venv.folder))
    venv.ensure([])
    assert kept.exists()
