"""The addons of the suite, as their manifests describe them."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import SuiteError


@dataclass(frozen=True)
class Addon:
    """One addon of ours.

    :param name: its technical name
    :param path: its folder
    :param manifest: the evaluated manifest
    """

    name: str
    path: Path
    manifest: Mapping

    @property
    def depends(self) -> tuple[str, ...]:
        """Names of the addons that it depends on."""
        return tuple(self.manifest.get("depends", ("base",)))

    @property
    def python_requirements(self) -> tuple[str, ...]:
        """Python distributions that it needs."""
        return tuple(self.manifest.get("external_dependencies", {}).get("python", ()))


def discover(root: Path) -> dict[str, Addon]:
    """Return the installable addons at the root of a tree, by name.

    :raises SuiteError: when a manifest cannot be read
    """
    found = {}
    for path in sorted(root.glob("*/__manifest__.py")):
        addon = Addon(path.parent.name, path.parent, _read_manifest(path))
        if addon.manifest.get("installable", True):
            found[addon.name] = addon
    return found


def foreign_dependencies(
    wanted: Iterable[Addon], ours: Mapping[str, Addon]
) -> list[str]:
    """Return the addons that the wanted ones need and that are not ours."""
    foreign: set[str] = set()
    seen: set[str] = set()
    queue = list(wanted)
    while queue:
        addon = queue.pop()
        if addon.name in seen:
            continue
        seen.add(addon.name)
        for name in addon.depends:
            if name in ours:
                queue.append(ours[name])
            else:
                foreign.add(name)
    return sorted(foreign)


def installation_order(ours: Mapping[str, Addon]) -> list[Addon]:
    """Return the addons, each after those of ours that it depends on."""
    ordered: dict[str, Addon] = {}

    def place(addon: Addon) -> None:
        for name in addon.depends:
            if name in ours and name not in ordered:
                place(ours[name])
        ordered[addon.name] = addon

    for addon in ours.values():
        if addon.name not in ordered:
            place(addon)
    return list(ordered.values())


def _read_manifest(path: Path) -> Mapping:
    try:
        manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise SuiteError(
            f"{path} is not a Python literal: {error}", "Mend the manifest."
        ) from error
    if not isinstance(manifest, dict):
        raise SuiteError(f"{path} is not a dictionary", "Mend the manifest.")
    return manifest
