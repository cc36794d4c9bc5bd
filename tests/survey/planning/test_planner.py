import math

import numpy as np
import pytest
from scipy.stats import t

from mixdream.errors import InputError
from mixdream.survey.design.blocks import Ask, Rate
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Question
from mixdream.survey.design.read_design import parse_design
from mixdream.survey.planning.planner import (
    Assumptions,
    listeners_for_mean,
    listeners_for_share,
    plan_listeners,
)
from mixdream.survey.planning.presets import fill_preset
from mixdream.survey.rendering.clips import Clip


def wilson_half_width(share: float, answers: int) -> float:
    """Wilson's interval by its two roots: the shares at which what was seen lies 1.96 deviations away."""
    z2 = 1.959963984540054**2
    # (share - p)^2 = z^2 p (1 - p) / n
    low, high = sorted(np.roots([1 + z2 / answers, -(2 * share + z2 / answers), share**2]).real)
    return (high - low) / 2


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("half_width", [0.02, 0.05, 0.1, 0.2])
def test_as_many_listeners_as_are_needed_and_no_more(share: float, half_width: float) -> None:
    assumed = Assumptions(share=share)
    listeners = listeners_for_share(half_width, assumed=assumed)
    assert wilson_half_width(share, listeners) <= half_width
    assert listeners == 2 or wilson_half_width(share, listeners - 1) > half_width


def test_known_numbers() -> None:
    assert listeners_for_share(0.1) == 93  # Wald: 97
    assert listeners_for_share(0.05) == 381  # Wald: 385
    # Answers of one listener: as good as other listeners, a little less, no better than one.
    assert listeners_for_share(0.1, 4, Assumptions(correlation=0)) == math.ceil(93 / 4)
    assert listeners_for_share(0.1, 4, Assumptions(correlation=0.999)) == 93
    # Student with 24 degrees of freedom: 2.064 * sd / 5.
    sd = math.sqrt(0.6**2 + 0.9**2 / 4)
    assert listeners_for_mean(2.0639 * sd / 5 + 1e-6, 4) == 25
    assert listeners_for_mean(2.0639 * sd / 5 - 1e-4, 4) == 26
    assert listeners_for_mean(0.3, assumed=Assumptions(between_sd=0, within_sd=0)) == 2


@pytest.mark.parametrize("half_width", [0.01, 0.2, 0.5, 3.0])
def test_as_many_ratings_as_are_needed_and_no_more(half_width: float) -> None:
    listeners = listeners_for_mean(half_width, 3)

    def width(number: int) -> float:
        return t.ppf(0.975, number - 1) * math.sqrt((0.6**2 + 0.9**2 / 3) / number)

    assert width(listeners) <= half_width
    assert listeners == 2 or width(listeners - 1) > half_width


def test_simulated_shares_are_as_exact_as_planned() -> None:
    """Listeners whose own shares vary (beta) and whose answers are drawn from these."""
    share, correlation, answers, half_width = 0.6, 0.2, 5, 0.08
    listeners = listeners_for_share(half_width, answers, Assumptions(share=share, correlation=correlation))
    rng = np.random.default_rng(1)
    spread = 1 / correlation - 1  # the beta distribution whose draws have this intra-class correlation
    own = rng.beta(share * spread, (1 - share) * spread, (4000, listeners))
    right = rng.binomial(answers, own) / answers
    deviation = right.mean(axis=1).std()
    assert 1.96 * deviation == pytest.approx(half_width, rel=0.05)
    # And the interval that the analysis gives, Student over the means of listeners, covers the truth.
    reach = t.ppf(0.975, listeners - 1) * right.std(axis=1, ddof=1) / math.sqrt(listeners)
    covered = (abs(right.mean(axis=1) - share) <= reach).mean()
    assert covered == pytest.approx(0.95, abs=0.015)
    assert reach.mean() == pytest.approx(half_width, rel=0.05)


def test_simulated_ratings_are_as_exact_as_planned() -> None:
    answers, half_width = 4, 0.25
    assumed = Assumptions(between_sd=0.7, within_sd=1.0)
    listeners = listeners_for_mean(half_width, answers, assumed)
    rng = np.random.default_rng(2)
    own = rng.normal(3, 0.7, (4000, listeners, 1))
    means = (own + rng.normal(0, 1.0, (4000, listeners, answers))).mean(axis=2)
    reach = t.ppf(0.975, listeners - 1) * means.std(axis=1, ddof=1) / math.sqrt(listeners)
    assert reach.mean() == pytest.approx(half_width, rel=0.03)
    assert (abs(means.mean(axis=1) - 3) <= reach).mean() == pytest.approx(0.95, abs=0.015)


def preset(name: str, *generated: str) -> Design:
    text = fill_preset(name, "real", dict.fromkeys(generated, "folder"), "thesis", trials=3)
    return parse_design(text.encode(), "x")


def clips(design: Design, each: int) -> list[Clip]:
    return [Clip(f"{name}{i}", name, f"{i}", 4.0) for name in design.conditions for i in range(each)]


def test_a_plan_counts_how_often_clips_are_heard() -> None:
    design = preset("thesis", "model")
    (need,) = plan_listeners(design, clips(design, 4), 0.1, 0.3)
    assert need.listeners == 93 and need.block == "detect" and need.half_width == 0.1
    assert need.heard == {"model": 93.0, "real": 46.5}

    design = preset("preference", "model", "other")
    (need,) = plan_listeners(design, clips(design, 6), 0.1, 0.3)
    assert need.listeners == listeners_for_share(0.1, 3)
    assert need.heard == dict.fromkeys(("real", "model", "other"), need.listeners * 2 * 3 / 6)

    design = preset("mos", "model", "other")
    choice = Question(name="like", ask="?", options=design.demographics[0].options)
    text = Question(name="why", ask="?", kind="text")
    (block,) = design.blocks
    assert isinstance(block, Rate)
    rate = block.model_copy(update={"questions": (*block.questions, choice, text)})
    ask = Ask(kind="ask", name="a", questions=(choice,))
    design = design.model_copy(update={"blocks": (ask, rate)})
    quality, like = plan_listeners(design, clips(design, 3), 0.1, 0.3)
    assert (quality.what, quality.listeners) == ("quality, each condition", listeners_for_mean(0.3, 3))
    assert (like.what, like.listeners) == ("like, each condition", listeners_for_share(0.1, 3))
    assert quality.half_width == 0.3 and quality.heard["anchor"] == quality.listeners


@pytest.mark.parametrize("half_width", [0, -0.1, 0.5, 1, math.nan])
def test_impossible_widths_of_shares(half_width: float) -> None:
    with pytest.raises(InputError, match=r"the half width of a share must lie between 0 and 0\.5, got"):
        listeners_for_share(half_width)


@pytest.mark.parametrize(
    "assumed",
    [
        {"share": 0},
        {"share": 1},
        {"correlation": 1},
        {"correlation": -0.1},
        {"within_sd": -1},
        {"between_sd": 1e9},
    ],
)
def test_impossible_assumptions(assumed: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must"):
        Assumptions(**assumed)


def test_what_would_need_everybody() -> None:
    with pytest.raises(InputError, match="needs over 1000000 listeners"):
        listeners_for_share(1e-5)
    with pytest.raises(InputError, match="needs over 1000000 listeners"):
        listeners_for_mean(1e-5)
    with pytest.raises(InputError, match="must be more than 0"):
        listeners_for_mean(math.nan)
