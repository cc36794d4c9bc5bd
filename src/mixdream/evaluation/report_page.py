"""The report on disk: a page that needs nothing else, and the same figures as JSON."""

from pathlib import Path
from typing import Any

import jinja2

from mixdream.errors import InputError
from mixdream.files import write_atomically, write_json
from mixdream.pages.media import data_url

UP, DOWN, LIKE = "higher is better", "lower is better", "near the floor is better"
EXPLAINED = {
    "coverage": (
        "Coverage",
        UP,
        "Share of your music that has a clip like it. The one to watch for collapse.",
    ),
    "missing": ("Missing", DOWN, "Share of your music in kinds that come significantly too seldom."),
    "ndb": ("NDB / K", DOWN, "Share of all kinds whose number of clips differs significantly."),
    "js": ("JS divergence", DOWN, "How far the shares of the kinds are apart, in bits: 0 to 1."),
    "kernel_distance": (
        "Kernel distance",
        DOWN,
        "How far the sound is from your music, times 1000; 0 is no distance.",
    ),
    "frechet_distance": (
        "Frechet distance",
        DOWN,
        "The same for averages and spreads only, as others report it.",
    ),
    "precision": ("Precision", UP, "Share of clips that are like some real window. Blind to collapse."),
    "recall": ("Recall", UP, "Share of your music within the range of the clips; outliers raise it."),
    "density": ("Density", LIKE, "How deep inside your music the clips lie, about 1. Blind to collapse."),
    "vendi_ratio": (
        "Vendi ratio",
        LIKE,
        "Number of different clips over that of real windows; noise can be high.",
    ),
    "alike_share": ("Alike", DOWN, "Share of pairs of clips that are as alike as two takes of one moment."),
}
"""Metrics in the order of the tables: name, what is better, what it means."""

_ARROWS = {UP: "↑", DOWN: "↓", LIKE: "≈"}
_PULSE = {
    "pulse_db": ("Pulse", "dB", "How strong the beat is."),
    "tempo_bpm": ("Tempo", "BPM", "Strongest repetition between 85 and 175 BPM."),
}


def write_report(folder: Path, content: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """Write ``index.html`` and ``report.json``.

    Parameters
    ----------
    folder : Path
        Made if need be; a report in it is replaced.
    content : dict
        From `mixdream.evaluation.report.make_report`.

    Returns
    -------
    Path
        The page.
    dict
        What ``report.json`` says.

    Raises
    ------
    InputError
        A folder that cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"a report cannot be written to '{folder}': {error.strerror}") from None
    environment = jinja2.Environment(loader=jinja2.PackageLoader("mixdream.evaluation", "."), autoescape=True)
    environment.filters |= {"figure": figure, "png": lambda content: data_url("image/png", content)}
    page = environment.get_template("report.html").render(
        report=content, tables=[table_of(content, row) for row in content["rows"]], pulse=_PULSE
    )
    plain = without_media(content)
    write_json(folder / "report.json", plain)
    write_atomically(folder / "index.html", page)
    return folder / "index.html", plain


def table_of(content: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """One collection beside its floors, for the page and the terminal.

    Returns
    -------
    dict
        ``columns``: names and numbers of clips; ``lines``: metric, arrow, meaning, an estimate or None per
        column.
    """
    columns = {row["name"]: row} | content["floors"]
    if "ceiling" in row:
        columns["ceiling"] = row["ceiling"]
    sides = {
        name: found["embeddings"]["handcrafted"] for name, found in columns.items() if "embeddings" in found
    }
    lines = [
        {
            "metric": metric,
            "name": name,
            "arrow": _ARROWS[better],
            "better": better,
            "meaning": meaning,
            "cells": [side["figures"].get(metric) for side in sides.values()],
        }
        for metric, (name, better, meaning) in EXPLAINED.items()
    ]
    return {
        "columns": [{"name": name, "n": side["n"], "blocks": side["blocks"]} for name, side in sides.items()],
        "lines": lines,
        "left_out": sorted({reason for side in sides.values() for reason in side["left_out"].values()}),
    }


def figure(value: float | None) -> str:
    """Number with as many digits as say something.

    >>> figure(0.98765), figure(-0.2), figure(146.3), figure(None)
    ('0.99', '-0.20', '146', '–')
    """
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def without_media(value: Any) -> Any:
    """Content without sounds and pictures."""
    if isinstance(value, dict):
        return {key: without_media(one) for key, one in value.items() if key not in ("players", "figure")}
    return [without_media(one) for one in value] if isinstance(value, list) else value
