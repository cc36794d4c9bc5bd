"""Patterns, drum kits and tempos that tracking is tested with; nothing is fitted to any of them."""

import numpy as np

from tests.analysis.beats.rendering import Kit, Pattern, Rendering, render

KITS = (
    Kit((48, 160), 0.14, (900, 3600), 0.10, 0.5, 3000, 0.02, 0.35, 0.04),
    Kit((55, 220), 0.09, (1500, 3900), 0.06, 0.9, 3400, 0.012, 0.5, 0.0),
    Kit((60, 300), 0.06, (600, 2500), 0.13, 0.2, 2600, 0.03, 0.25, 0.08),
    Kit((42, 110), 0.25, (1200, 3800), 0.16, 0.0, 3200, 0.04, 0.2, 0.05, {"snare": 0.5}),
    Kit((52, 180), 0.11, (1800, 3950), 0.05, 1.2, 2900, 0.015, 0.6, 0.03, {"hat": 0.4, "kick": 0.8}),
)

FOUR = (
    Pattern(
        "four to the floor",
        {
            "kick": "x...x...x...x...",
            "snare": "....x.......x...",
            "open": "..x...x...x...x.",
            "hat": "x.x.x.x.x.x.x.x.",
        },
        bass="..x...x...x...x.",
    ),
    Pattern(
        "four to the floor",
        {"kick": "x...x...x...x...", "snare": "....x.......x..x", "hat": "xoxoxoxoxoxoxoxo"},
        bass="x..x..x...x.x...",
    ),
    Pattern(
        "four to the floor",
        {"kick": "x...x...x...x...x...x...x...x.x.", "snare": "....x.......x...", "ride": "..x...x...x...x."},
    ),
)
ROCK = (
    Pattern("backbeat", {"kick": "x.......x.......", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."}),
    Pattern(
        "backbeat",
        {"kick": "x.....x.x.......", "snare": "....x.......x...", "hat": "xoxoxoxoxoxoxoxo"},
        bass="x.x.x.x.x.x.x.x.",
    ),
)
TWO_STEP = (
    Pattern(
        "two-step",
        {"kick": "x.........x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
        bass="x.....x...x.....",
    ),
    Pattern(
        "two-step",
        {
            "kick": "x.........x.....x.x.......x.....",
            "snare": "....x.......x...",
            "ghost": ".......x.o.....x",
            "hat": "xoxoxoxoxoxoxoxo",
        },
        bass="x...............",
    ),
    Pattern(
        "two-step",
        {
            "kick": "x.........x..x..",
            "snare": "....x.......x...",
            "ride": "x...x...x...x...",
            "hat": "..x...x...x...x.",
        },
    ),
)
HALF_TIME = (
    Pattern(
        "half-time", {"kick": "x.........x.....", "snare": "........x.......", "hat": "x.x.x.x.x.x.x.x."}
    ),
    Pattern(
        "half-time",
        {"kick": "x.....x.........x.....x...x.....", "snare": "........x.......", "hat": "x.xxx.x.x.x.x.xx"},
        bass="x.....x.........",
    ),
)
AMEN = (
    Pattern(
        "amen",
        {
            "kick": "x.x.......xx....x.x.......xx....x.x.......x.......xx......x.....",
            "snare": "....x..o.o..x..o....x..o.o..x..o....x..o.o....x..o..x..o.o....x.",
            "ride": "x.x.x.x.x.x.x.x.",
        },
    ),
    Pattern(
        "amen",
        {
            "kick": "x.x.......x.....x.x...x...x.....",
            "snare": "....x..x.x..x.......x..x.x..x..x",
            "hat": "x.x.x.x.x.x.x.x.",
        },
        bass="x...............",
    ),
)
BOOM_BAP = (
    Pattern(
        "boom-bap",
        {"kick": "x......x..x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.xo"},
        swing=0.25,
    ),
    Pattern(
        "boom-bap",
        {"kick": "x.x....x.xx....o", "snare": "....x.......x...", "hat": "x.x.x.xox.x.x.x."},
        swing=0.35,
        bass="x......x..x.....",
    ),
)
DUBSTEP = (
    Pattern(
        "dubstep",
        {"kick": "x...........x...", "snare": "........x.......", "hat": "x.x.x.x.x.x.x.x."},
        bass="x.x.x.xxx.x.xxx.",
    ),
    Pattern(
        "dubstep",
        {"kick": "x.............x.x.....x.........", "snare": "........x.......", "hat": "..x.x.x...x.x.xx"},
        bass="x...............",
    ),
)
BREAKS = (
    Pattern(
        "breaks",
        {
            "kick": "x.x.......x.....",
            "snare": "....x.......x...",
            "hat": "x.x.x.x.x.x.x.x.",
            "ghost": ".......o.......o",
        },
    ),
    Pattern(
        "breaks",
        {
            "kick": "x.....x...x.....x.....xx..x.....",
            "snare": "....x.......x...",
            "open": "..............x.",
            "hat": "xoxoxoxoxoxoxoxo",
        },
        bass="x.....x...x.....",
    ),
)
ONE_DROP = (
    Pattern(
        "one-drop",
        {"kick": "........x.......", "snare": "........x.......", "hat": "x.x.x.x.x.x.x.x."},
        bass="....x...x.x.....",
    ),
)
WALTZ = (
    Pattern("3/4", {"kick": "x...........", "snare": "....x...x...", "hat": "x.x.x.x.x.x."}, 3),
    Pattern(
        "3/4",
        {"kick": "x.....x.....", "snare": "........x...", "hat": "x...x...x..."},
        3,
        bass="x...x...x...",
    ),
)
SIX_EIGHT = (
    Pattern("6/8", {"kick": "x...........", "snare": "......x.....", "hat": "x.x.x.x.x.x."}, 3),
    Pattern(
        "6/8",
        {"kick": "x...x.....x.", "snare": "......x.....", "hat": "x.x.x.x.x.x."},
        3,
        bass="x...x.x.....",
    ),
)
FIVE = (
    Pattern(
        "5/4",
        {"kick": "x.........x.........", "snare": "....x...........x...", "hat": "x.x.x.x.x.x.x.x.x.x."},
        5,
    ),
    Pattern(
        "5/4",
        {"kick": "x.....x.....x.......", "snare": "........x.......x...", "hat": "x...x...x...x...x..."},
        5,
    ),
)

GENRES: tuple[tuple[tuple[Pattern, ...], tuple[float, float], int], ...] = (
    (FOUR, (90, 200), 36),
    (ROCK, (62, 130), 16),
    (TWO_STEP, (158, 190), 28),
    (HALF_TIME, (130, 175), 14),
    (AMEN, (150, 185), 20),
    (BOOM_BAP, (75, 100), 18),
    (DUBSTEP, (136, 146), 14),
    (BREAKS, (105, 145), 16),
    (ONE_DROP, (60, 90), 6),
    (WALTZ, (80, 200), 12),
    (SIX_EIGHT, (60, 200), 12),
    (FIVE, (80, 190), 8),
)
"""Patterns, their tempos, and how many renderings: 200 together, 168 of them in 4/4."""


def renderings(every: int = 1) -> list[tuple[Pattern, Kit, float, int]]:
    """List what there is to render: pattern, kit, tempo and seed; every so many only."""
    cases: list[tuple[Pattern, Kit, float, int]] = []
    for patterns, (slowest, fastest), count in GENRES:
        for i, bpm in enumerate(np.geomspace(slowest, fastest, count)):
            seed = len(cases)
            cases.append(
                (patterns[i % len(patterns)], KITS[(seed * 7 + i) % len(KITS)], round(float(bpm), 2), seed)
            )
    return cases[::every]


def rendered(case: tuple[Pattern, Kit, float, int]) -> Rendering:
    """Render a case."""
    pattern, kit, bpm, seed = case
    return render(pattern, kit, bpm, seed)
