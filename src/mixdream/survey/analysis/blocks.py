"""The report of a block, whatever its kind."""

from collections.abc import Sequence

import numpy as np

from mixdream.survey.analysis.abx import abx_report, abx_sentence
from mixdream.survey.analysis.detect import detect_report, detect_sentence
from mixdream.survey.analysis.parts import BlockReport
from mixdream.survey.analysis.prefer import prefer_report, prefer_sentence
from mixdream.survey.analysis.questions import question_sections
from mixdream.survey.analysis.rate import rate_report, rate_sentence
from mixdream.survey.analysis.wording import NOBODY, who
from mixdream.survey.design.blocks import AnyBlock, Ask, Compare, Detect
from mixdream.survey.design.design import Design
from mixdream.survey.storage.rows import Answer


def report_block(
    block: AnyBlock, rows: Sequence[Answer], design: Design, rng: np.random.Generator, prefix: str
) -> BlockReport:
    """Analyse a block.

    Parameters
    ----------
    block : Detect, Compare, Rate or Ask
    rows : sequence of Answer
        To the whole test.
    design : Design
    rng : np.random.Generator
        Of the bootstraps.
    prefix : str
        Of the names of tables and charts.
    """
    own = _own(block, rows)
    if isinstance(block, Ask):
        sections = question_sections(block.questions, own, design.languages[0], prefix)
        return BlockReport(block.name, block.kind, "", f"{who(own)}." if own else NOBODY, tuple(sections))
    if isinstance(block, Detect):
        return detect_report(block, own, design, rng, prefix)
    if isinstance(block, Compare):
        make = abx_report if block.kind == "abx" else prefer_report
        return make(block, own, design, rng, prefix)
    return rate_report(block, own, design, rng, prefix)


def block_sentence(block: AnyBlock, rows: Sequence[Answer], design: Design) -> str:
    """Say the result of a block only; empty where a block has none."""
    own = _own(block, rows)
    if isinstance(block, Ask):
        return ""
    if isinstance(block, Detect):
        return detect_sentence(own, design)
    if isinstance(block, Compare):
        return abx_sentence(own) if block.kind == "abx" else prefer_sentence(block, own)
    return rate_sentence(block, own)


def _own(block: AnyBlock, rows: Sequence[Answer]) -> list[Answer]:
    """Answers to the block itself; its attention items are of another kind."""
    return [row for row in rows if row.block == block.name and row.kind == block.kind]
