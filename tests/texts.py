"""What Hypothesis makes texts of."""

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
"""All of Unicode that UTF-8 can write: named so, Hypothesis need not encode each of them to know which."""
