"""Runs inside Odoo's shell: which overrides do not take what their caller may pass.

What is overridden is called by others, by place or by name: an override that takes less
fails only where somebody passes more, which may be a series that nobody tried.
"""

import inspect

_PLACES = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
_ANY = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def found(env, modules):
    """Return a line for each override that takes less than what it overrides.

    :param env: an environment of a database with all of the addons
    :param modules: names of the addons that are looked at
    :return: how many overrides there are, and the lines
    """
    ours = tuple(f"odoo.addons.{name}." for name in modules)
    seen, lines = set(), set()
    for name in env.registry.models:
        classes = env.registry[name].__mro__
        for place, cls in enumerate(classes):
            if not f"{cls.__module__}.".startswith(ours):
                continue
            for attribute, value in vars(cls).items():
                above = _overridden(classes[place + 1 :], attribute)
                override = _function(value)
                if not (above and override):
                    continue
                seen.add((cls, attribute))
                if wrong := _lacking(override, above):
                    where = f"{cls.__module__}.{cls.__name__}.{attribute}"
                    lines.add(f"{where} takes no {', '.join(wrong)}")
    return len(seen), sorted(lines)


def _overridden(classes, attribute):
    for cls in classes:
        if attribute in vars(cls):
            return _function(vars(cls)[attribute])
    return None


def _function(value):
    value = inspect.unwrap(getattr(value, "__func__", value))
    return value if inspect.isfunction(value) else None


def _lacking(override, above):
    """Return what `above` takes and its override does not."""
    mine, theirs = (
        list(inspect.signature(one).parameters.values()) for one in (override, above)
    )
    kinds = {one.kind for one in mine}
    names = {one.name for one in mine}
    wrong = [one.name for one in theirs if one.kind in _ANY - kinds]
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        places = sum(one.kind in _PLACES for one in mine)
        wrong += [one.name for one in theirs if one.kind in _PLACES][places:]
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        # What has no default is passed by its place.
        optional = [one.name for one in theirs if one.default is not one.empty]
        wrong += [name for name in optional if name not in names]
    return list(dict.fromkeys(wrong))
