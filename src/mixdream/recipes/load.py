"""Reading recipes: built-in names and files, ``extends``, overrides, errors that name the key."""

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import tomli_w
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mixdream.errors import InputError, explain_problem
from mixdream.recipes.recipe import Recipe
from mixdream.spectrogram.grid import NAMED_GRIDS

_FAMILIES = get_args(Recipe.model_fields["model"].annotation)
_BUILT_IN = resources.files("mixdream.recipes")


def recipe_names() -> list[str]:
    """Names of the built-in recipes, sorted."""
    return sorted(f.name.removesuffix(".toml") for f in _BUILT_IN.iterdir() if f.name.endswith(".toml"))


def load_recipe(name: str, overrides: Iterable[str] = ()) -> Recipe:
    """Read and check a recipe.

    Parameters
    ----------
    name : str
        A built-in recipe, or the path of a TOML file (its name ends in ``.toml``). A key ``extends`` names
        the recipe that it changes: a built-in one, or a file beside it.
    overrides : iterable of str
        ``key=value`` in TOML, with dotted keys, as in ``training.epochs=5``; bare words are strings, and a
        part of a key with a dot or a space of its own is quoted: ``windows.slide_ms."Mix v2.1"=136.55``.

    Raises
    ------
    InputError
        Unknown recipe, key or value.

    Examples
    --------
    >>> load_recipe("thesis-3", ["training.epochs=5"]).training.epochs
    5
    """
    values = _read(name, base=Path())
    for override in overrides:
        _override(values, override)
    values["name"] = Path(name).stem if name.endswith(".toml") else name
    return _parse(values, f"recipe {name}")


def load_resolved(path: Path) -> Recipe:
    """Read the resolved recipe that a run keeps."""
    return _parse(_read_toml(path, path.read_bytes()), str(path))


def dump_recipe(recipe: Recipe) -> str:
    """Return the resolved recipe as TOML."""
    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))


def _read(name: str, base: Path, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """Values of a recipe, those of the recipes it extends filled in."""
    if name in seen:
        raise InputError(f"recipe {seen[0]} extends itself: {' -> '.join((*seen, name))}")
    if name.endswith(".toml"):
        path = base / name
        if not path.is_file():
            raise InputError(f"no recipe file {path}")
        values, folder = _read_toml(path, path.read_bytes()), path.parent
    elif name in recipe_names():
        values, folder = _read_toml(name, (_BUILT_IN / f"{name}.toml").read_bytes()), base
    else:
        near = difflib.get_close_matches(name, recipe_names(), 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise InputError(
            f"unknown recipe '{name}'{hint} Built-in recipes: {', '.join(recipe_names())}; "
            "your own is a path that ends in .toml"
        )
    values = _with_grid_numbers(values, f"recipe {name}")
    parent = values.pop("extends", None)
    if parent is None:
        return values
    if not isinstance(parent, str):
        raise InputError(f"recipe {name}: extends must be the name or path of one recipe, got {parent!r}")
    return _merge(_read(parent, folder, (*seen, name)), values)


def _read_toml(name: str | Path, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"recipe {name} is not valid TOML: {error}") from error


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], dict) and isinstance(above[key], dict) and _alike(below[key], above[key]):
            merged[key] = _merge(below[key], above[key])
    # Several ways to say which windows: the one said last counts.
    for key, others in _INSTEAD_OF.items():
        if key in above:
            for other in others - above.keys():
                merged.pop(other, None)
    return merged


def _alike(below: dict[str, Any], above: dict[str, Any]) -> bool:
    """Whether both are of one family of models: the keys of one say nothing to another."""
    return above.get("family", below.get("family")) == below.get("family")


_INSTEAD_OF = {
    "slide_ms": {"total"},
    "total": {"slide_ms"},
    "seconds": {"beats"},
    "beats": {"seconds", "slide_ms", "total"},
}


def _with_grid_numbers(values: dict[str, Any], what: str) -> dict[str, Any]:
    """Put the numbers of a grid in the place of its name, so that what extends the recipe can change one."""
    name = values.get("grid")
    if not isinstance(name, str):
        return values
    if name not in NAMED_GRIDS:
        raise InputError(
            f"{what}: unknown grid '{name}'; there are {', '.join(NAMED_GRIDS)}, or numbers in a table [grid]"
        )
    return values | {"grid": NAMED_GRIDS[name].model_dump()}


def _override(values: dict[str, Any], override: str) -> None:
    key, _, text = override.partition("=")
    for line in (override, f"{key} = {json.dumps(text.strip())}"):
        try:
            change = tomllib.loads(line)
        except tomllib.TOMLDecodeError:
            continue
        if change and "=" in override:
            values.update(_merge(values, _with_grid_numbers(change, f"--set {override}")))
            return
    raise InputError(f"--set takes key=value, as in training.epochs=5; got '{override}'")


def _parse(values: dict[str, Any], what: str) -> Recipe:
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{what}: " + "; ".join(_explain(e) for e in error.errors())) from error


def _explain(error: ErrorDetails) -> str:
    path, family = [str(part) for part in error["loc"]], ""
    if len(path) > 2 and path[0] == "model":
        family = path.pop(1)  # which pydantic puts before the key
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        if key in _keys(Recipe):
            return f"{key} is no key of the family {family}"
        near = difflib.get_close_matches(key, list(_keys(Recipe)), 1, cutoff=0)
        return f"unknown key {key}; the nearest is {near[0]}"
    if error["type"].startswith("union_tag"):
        families = ", ".join(get_args(kind.model_fields["family"].annotation)[0] for kind in _FAMILIES)
        given = error["input"].get("family") if isinstance(error["input"], dict) else error["input"]
        return f"{key}.family must be one of {families}" + (f", got {given!r}" if given else "")
    return explain_problem(error, key)


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        for kind in get_args(field.annotation) or (field.annotation,):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _keys(kind, f"{prefix}{name}.")
