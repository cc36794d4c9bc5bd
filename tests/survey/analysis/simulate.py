"""Answers of listeners whose ears are known: what analysis has to find again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from mixdream.survey.design.design import Design
from mixdream.survey.exporting.read_rows import Gathered
from mixdream.survey.storage.rows import Answer, Heard, Session

START = datetime(2030, 5, 1, 12, tzinfo=UTC)
CLIP_S = 4.0
ITEMS = 8
QUALITY = {"real": 4.2, "inverted": 3.8, "gan": 3.0, "flow": 3.2, "bad": 1.6}
"""Mean ratings, and strengths of preferences."""


def choice(name: str, ask: str, **labels: str) -> dict[str, Any]:
    """A question with these answers."""
    options = [{"value": value, "label": label} for value, label in labels.items()]
    return {"name": name, "ask": ask, "options": options}


DESIGN: dict[str, Any] = {
    "version": 1,
    "title": "Which of these are real?",
    "consent": "yes",
    "volume": "set it",
    "withdrawal": "you can",
    "demographics": [
        choice("age", "How old are you?", young="under 30", middle="30 to 50", old="over 50"),
        choice(
            "training",
            "What is your musical background?",
            none="None",
            hobby="I play or produce for myself",
            work="It is my profession",
        ),
        {"name": "hours", "ask": "Hours of music a day?", "kind": "scale", "lowest": 0, "highest": 4},
    ],
    "conditions": {
        "real": {"folder": "real"},
        "inverted": {"folder": "real", "through": "thesis"},
        "gan": {"folder": "gan", "generated": True},
        "flow": {"folder": "flow", "generated": True},
        "bad": {"folder": "real", "anchor": True},
    },
    "blocks": [
        {
            "name": "detect",
            "kind": "detect",
            "trials": [["gan", "inverted"], ["inverted", "gan"], ["gan", "flow"]],
            "ask": "Which of the above, if any, sound like AI-generated?",
            "attention": 1,
        },
        {
            "name": "prefer",
            "kind": "prefer",
            "pairs": [["real", "gan"], ["gan", "flow"], ["real", "flow"]],
            "per_pair": 3,
            "ask": "Which do you like better?",
            "allow_tie": True,
        },
        {
            "name": "abx",
            "kind": "abx",
            "pairs": [["real", "inverted"], ["real", "gan"]],
            "per_pair": 4,
            "ask": "Which is X?",
        },
        {
            "name": "quality",
            "kind": "rate",
            "conditions": list(QUALITY),
            "per_condition": 3,
            "questions": [
                {"name": "quality", "ask": "How good does it sound?", "kind": "scale"},
                choice("dance", "Would you dance to it?", yes="Yes", no="No"),
                {"name": "words", "ask": "In your own words?", "kind": "text", "required": False},
            ],
            "attention": 1,
        },
        {
            "name": "end",
            "kind": "ask",
            "questions": [{"name": "remarks", "ask": "Anything else?", "kind": "text", "required": False}],
        },
    ],
}


def simulated_design() -> Design:
    return Design.model_validate(DESIGN)


class Listener:
    """Makes the rows of one listener, who hears ``heard_share`` of each clip."""

    def __init__(
        self, name: str, rng: np.random.Generator, design_hash: str, heard_share: float = 1.0
    ) -> None:
        self.name, self.rng, self.hash, self.heard_share = name, rng, design_hash, heard_share
        self.rows: list[Answer] = []
        self.position = 0
        self.taste = rng.normal(0, 0.5)

    def clip(self, condition: str) -> Heard:
        item = f"item{self.rng.integers(ITEMS)}"
        heard = CLIP_S * self.heard_share
        return Heard(f"{condition}-{item}", condition, item, 1, heard, CLIP_S, self.heard_share >= 1)

    def answer(
        self,
        block: str,
        kind: str,
        question: str,
        value: str,
        clips: tuple[Heard, ...] = (),
        right: str | None = None,
        trial: int = -1,
        same_page: bool = False,
    ) -> None:
        self.position += not same_page
        place = (self.name, block, kind, self.position, trial, question)
        taken_s, saved = float(self.rng.uniform(3, 20)), START + timedelta(minutes=len(self.rows) + 1)
        self.rows.append(Answer(*place, value, right, clips, taken_s, saved, "en", "0.1.0", self.hash))

    def attend(self, block: str, wrong: bool) -> None:
        clip = Heard("tones3", "attention", "3", 1, CLIP_S * self.heard_share, CLIP_S, True)
        self.answer(block, "attention", "attention", "2" if wrong else "3", (clip,), "3")

    def detect(self, distance: float, bias: float = 0.0) -> None:
        """Each clip is called generated where its evidence is above the criterion: d' is ``distance``."""
        generated = {"gan", "flow"}
        for trial, pair in enumerate((("gan", "inverted"), ("inverted", "gan"), ("gan", "flow"))):
            clips = tuple(self.clip(condition) for condition in pair)
            truth = [condition in generated for condition in pair]
            called = [
                self.rng.normal(distance * is_generated) > distance / 2 + bias for is_generated in truth
            ]
            value = (("none", "second"), ("first", "both"))[called[0]][called[1]]
            right = "both" if all(truth) else "first" if truth[0] else "second"
            self.answer("detect", "detect", "detect", value, clips, right, trial)

    def prefer(self, pair: tuple[str, str], tie: float = 0.1) -> None:
        order = pair if self.rng.random() < 0.5 else pair[::-1]
        clips = tuple(self.clip(condition) for condition in order)
        advantage = (
            QUALITY[order[0]] - QUALITY[order[1]] + (0.5 * self.taste if order == pair else -0.5 * self.taste)
        )
        first = self.rng.random() < 1 / (1 + np.exp(-advantage))
        value = "tie" if self.rng.random() < tie else "first" if first else "second"
        self.answer("prefer", "prefer", "prefer", value, clips)

    def abx(self, pair: tuple[str, str], distance: float) -> None:
        """X is taken for the nearer one: the differencing model."""
        place = int(self.rng.integers(2))
        clips = [self.clip(condition) for condition in pair]
        means = np.array([0.0, distance, (0.0, distance)[place]])
        a, b, x = self.rng.normal(means)
        value = "first" if abs(x - a) < abs(x - b) else "second"
        right = ("first", "second")[place]
        self.answer("abx", "abx", "abx", value, (*clips, clips[place]), right)

    def rate(self, condition: str) -> None:
        clip = self.clip(condition)
        mean = QUALITY[condition] + self.taste + 0.1 * (int(clip.item[4:]) - 3.5)
        value = int(np.clip(round(self.rng.normal(mean, 0.7)), 1, 5))
        self.answer("quality", "rate", "quality", str(value), (clip,))
        dances = self.rng.random() < (value - 1) / 5
        self.answer("quality", "rate", "dance", "yes" if dances else "no", (clip,), same_page=True)
        if self.rng.random() < 0.03:
            words = str(self.rng.choice(["nice", "=SUM(A1)", "<script>alert(1)</script>", "ganz gut, 音楽"]))
            self.answer("quality", "rate", "words", words, (clip,), same_page=True)


def simulate(
    listeners: int,
    rng: np.random.Generator,
    detect_d: float = 0.5,
    abx_d: float = 1.0,
    careless: float = 0.03,
    unfinished: float = 0.05,
) -> Gathered:
    """Answers to the whole test, with shares of listeners who are careless or do not finish.

    ``detect_d`` is the d' of generated clips and ``abx_d`` that of "gan" in ABX; "inverted" is not heard.
    """
    design = simulated_design()
    rows: list[Answer] = []
    sessions = []
    for number in range(listeners):
        is_careless = rng.random() < careless
        person = Listener(f"s{number:04d}", rng, design.hash, 0.2 if is_careless else 1.0)
        for question, values in (
            ("age", ("young", "middle", "old")),
            ("training", ("none", "hobby", "work")),
        ):
            person.answer("demographics", "demographics", question, str(rng.choice(values)))
        person.answer("demographics", "demographics", "hours", str(rng.integers(5)))
        person.detect(detect_d + 0.3 * (person.rows[1].value == "work"), bias=0.2)
        person.attend("detect", is_careless)
        whole = rng.random() >= unfinished
        if whole:
            for pair in (("real", "gan"), ("gan", "flow"), ("real", "flow")):
                for _ in range(3):
                    person.prefer(pair)
            for pair, distance in ((("real", "inverted"), 0.0), (("real", "gan"), abx_d)):
                for _ in range(4):
                    person.abx(pair, distance)
            for condition in QUALITY:
                for _ in range(3):
                    person.rate(condition)
            person.attend("quality", rng.random() < 0.02)
            if rng.random() < 0.1:
                person.answer("end", "ask", "remarks", "Thanks & bye <b>")
        rows += person.rows
        ended = START + timedelta(minutes=float(rng.uniform(8, 20)))
        sessions.append(Session(person.name, START, ended if whole else None, 45, 45 if whole else 5))
    return Gathered(rows, sessions, [(design.hash, design)], "simulated")
