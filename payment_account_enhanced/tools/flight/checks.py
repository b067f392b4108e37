"""What is asked of a snapshot by itself, and of one that follows another."""

import re
from dataclasses import dataclass

from . import rows
from .snapshot import ADDON, PENDING, TABLES

INFO, PASS, WARN, FAIL = "info", "pass", "warn", "fail"
#: What each kind of odd payment means.
ANOMALIES = {
    "differ.state": "posted while the entry is not, or the other way round",
    "differ.amount": "the entry moves another amount",
    "differ.date": "the entry has another date",
    "differ.journal": "the entry is in another journal",
    "differ.currency": "the entry has another currency",
    "differ.partner": "the entry is another partner's",
    "rejected.booked": "refused by the bank, with a posted entry",
}
#: The same, where the addon decides.
APPROVAL_ANOMALIES = {
    "approval.missing": "no approval state",
    "approval.disagrees": "approval and Odoo's state do not fit",
    "decision.missing": "posted since the installation, without a decision in the log",
}
_ABSENT = {"state": "not installed", "version": ""}


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    :param level: one of `INFO`, `PASS`, `WARN`, `FAIL`
    :param name: what was checked; stays the same from release to release
    :param text: what was found
    """

    level: str
    name: str
    text: str


def before_upgrade(snapshot, same_as, options, own_version):
    """Return the checks of preflight.

    :param same_as: a snapshot that it must be equal to, as a restored copy is, or None
    :param options: `expect_version`, `at_least`, `errors_allowed`, `ids`
    :param str own_version: version of the addon that these commands belong to
    """
    yield _pending(snapshot)
    yield _version_before(snapshot, options, own_version)
    yield from _enough(snapshot, options.at_least)
    if same_as:
        yield from _modules(same_as, snapshot)
        yield from _equal(same_as, snapshot, FAIL, options)
    else:
        yield from _counts(snapshot)
    yield from _distribution(snapshot, same_as)
    yield from _anomalies(snapshot, None, options.ids)
    yield from _log(snapshot, options.errors_allowed, WARN)


def after_upgrade(snapshot, before, options, own_version):
    """Return the checks of postflight.

    :param before: the snapshot of preflight; nothing is compared when None
    :param options: `expect_version`, `errors_allowed`, `ids`, `in_use`
    :param str own_version: version of the addon that these commands belong to
    """
    yield _pending(snapshot)
    yield _version_after(snapshot, options, own_version)
    if before:
        level = WARN if options.in_use else FAIL
        yield from _modules(before, snapshot, apart={ADDON})
        yield from _equal(before, snapshot, level, options)
    else:
        yield from _counts(snapshot)
    if snapshot["approval"] is None:
        yield Check(FAIL, "approval", "the addon's columns are not there")
    yield from _distribution(snapshot, before)
    yield from _anomalies(snapshot, before, options.ids)
    yield from _log(snapshot, options.errors_allowed, FAIL)


def _pending(snapshot):
    names = [
        f"{name} ({module['state']})"
        for name, module in sorted(snapshot["modules"].items())
        if module["state"] in PENDING
    ]
    return Check(FAIL if names else PASS, "modules.pending", ", ".join(names) or "none")


def _version_before(snapshot, options, own_version):
    installed = snapshot["modules"].get(ADDON, _ABSENT)
    text = f"{installed['state']} {installed['version']}".strip()
    wanted = options.expect_version
    if wanted is not None and installed["version"] != wanted:
        return Check(
            FAIL, "modules.version", f"{text}, expected {wanted or 'not installed'}"
        )
    if not own_version.startswith(f"{snapshot['series']}."):
        return Check(
            WARN, "modules.version", f"{text}; {own_version} is for another series"
        )
    if _numbers(installed["version"]) > _numbers(own_version):
        return Check(
            FAIL, "modules.version", f"{text}, newer than {own_version} to be installed"
        )
    return Check(PASS, "modules.version", f"{text}, {own_version} to be installed")


def _version_after(snapshot, options, own_version):
    installed = snapshot["modules"].get(ADDON, _ABSENT)
    wanted = options.expect_version or own_version
    text = f"{installed['state']} {installed['version']}".strip()
    if (installed["state"], installed["version"]) == ("installed", wanted):
        return Check(PASS, "modules.version", text)
    return Check(FAIL, "modules.version", f"{text}, expected installed {wanted}")


def _numbers(version):
    return [int(part) for part in re.findall(r"\d+", version)]


def _enough(snapshot, least):
    for name in ("payments.posted", "moves.posted"):
        number = snapshot["counts"][name]
        if number < least:
            yield Check(
                WARN, f"enough.{name}", f"{number:,}: is this the right database?"
            )
        else:
            yield Check(PASS, f"enough.{name}", f"{number:,}, at least {least:,}")


def _counts(snapshot):
    for name, value in snapshot["counts"].items():
        yield Check(INFO, name, _figure(value))


def _distribution(snapshot, before=None):
    """Return payments by approval, unless that was compared."""
    compared = before and before["approval"] is not None
    topics = ("approval_90_days",) if compared else ("approval", "approval_90_days")
    for topic in topics:
        for state, number in (snapshot[topic] or {}).items():
            yield Check(INFO, f"{topic}.{state}", _figure(number))


def _figure(value):
    return f"{value:,}" if isinstance(value, int) else value


def _modules(before, after, apart=frozenset()):
    """Compare the modules that were there.

    :param apart: names of modules that another check judges
    """
    old, new = before["modules"], after["modules"]
    names = sorted(old.keys() - apart)
    changed = [
        f"{name}: {_module(old[name])} before, {_module(new.get(name, _ABSENT))} now"
        for name in names
        if old[name] != new.get(name, _ABSENT)
    ]
    level = FAIL if changed else PASS
    text = "; ".join(changed) or f"{len(names)} unchanged"
    yield Check(level, "modules.others", text)
    fresh = sorted(new.keys() - old.keys() - apart)
    if fresh:
        yield Check(WARN, "modules.new", ", ".join(fresh))


def _module(module):
    return f"{module['state']} {module['version']}".strip()


def _equal(before, after, level, options):
    """Compare numbers, sums and rows, and the approval if it was there before.

    :param level: what a difference is
    """
    pairs = [("", before["counts"], after["counts"])]
    if before["approval"] is not None and after["approval"] is not None:
        pairs.append(("approval.", before["approval"], after["approval"]))
    for prefix, old, new in pairs:
        for name in [*old, *(name for name in new if name not in old)]:
            then, now = old.get(name, 0), new.get(name, 0)
            if then == now:
                yield Check(PASS, prefix + name, _figure(now))
            else:
                text = f"{_figure(then)} before, {_figure(now)} now"
                yield Check(level, prefix + name, text)
    for table in TABLES:
        yield _rows(table, before, after, level, options)


def _rows(table, before, after, level, options):
    old, new = before["rows"][table], after["rows"][table]
    lost = [name for name in old["columns"] if name not in new["columns"]]
    if lost:
        return Check(FAIL, f"rows.{table}", f"columns are gone: {', '.join(lost)}")
    difference = rows.compare(old["groups"], new["groups"], old["width"])
    if difference:
        return Check(level, f"rows.{table}", difference.describe(options.ids))
    number = sum(group[1] for group in new["groups"])
    columns = len(old["columns"])
    return Check(PASS, f"rows.{table}", f"{number:,} equal in {columns} columns")


def _anomalies(snapshot, before, limit):
    """Return the checks for odd payments; those known before are warned about.

    :param before: an earlier snapshot; without one each finding is judged by itself
    """
    kinds = dict(ANOMALIES)
    if snapshot["approval"] is not None:
        kinds.update(APPROVAL_ANOMALIES)
    for kind, meaning in kinds.items():
        found = snapshot["anomalies"].get(kind)
        if not found:
            yield Check(PASS, kind, "none")
            continue
        known = (before or {}).get("anomalies", {}).get(kind, {"count": 0, "ids": []})
        fresh = sorted(set(found["ids"]) - set(known["ids"]))
        if before and not fresh and found["count"] <= known["count"]:
            text = _anomaly(meaning, found["count"], found["ids"], limit)
            yield Check(WARN, kind, f"{text}; all known before")
            continue
        text = _anomaly(meaning, found["count"], fresh or found["ids"], limit)
        if before:
            text = f"{known['count']:,} before, {text}"
        yield Check(_gravity(kind, before), kind, text)


def _anomaly(meaning, count, ids, limit):
    return f"{count:,} payments, {meaning}: {rows.listed(ids, count, limit)}"


def _gravity(kind, before):
    """Odoo alone lets payment and entry go apart; an approval is our promise."""
    return FAIL if before or kind in APPROVAL_ANOMALIES else WARN


def _log(snapshot, allowed, level):
    log = snapshot.get("log")
    if log is None:
        return
    count = sum(log["errors"].values())
    if not log["records"]:
        yield Check(WARN, "log.errors", f"{log['file']} has no record of a server")
    elif count > allowed:
        named = ", ".join(f"{name}: {n}" for name, n in log["errors"].items())
        yield Check(level, "log.errors", f"{count:,} ({named})")
    else:
        yield Check(PASS, "log.errors", f"{count:,}, at most {allowed:,}")
