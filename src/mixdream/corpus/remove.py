"""Remove: sets go from a corpus because their owner says so, and for no other reason."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from mixdream.corpus.folder import BuildFolder
from mixdream.corpus.store import CorpusIndex, read_index
from mixdream.errors import InputError
from mixdream.files import only_one_in


def remove_sets(folder: Path | str, names: Iterable[str]) -> CorpusIndex:
    """Remove sets by name, all of them or none.

    The index is rewritten in one step before files are deleted, so that a kill leaves a valid corpus. Without
    its last set a corpus is empty, and can be added to. The hash of the corpus changes: a training that was
    begun with it cannot go on.

    Parameters
    ----------
    folder : Path or str
        A corpus, also one whose build has not come to an end.
    names : names of sets

    Returns
    -------
    CorpusIndex
        What is left.

    Raises
    ------
    InputError
        No corpus, a build is at work in it, or it has no set of such a name.
    """
    folder = Path(folder)
    read_index(folder)  # before a lock is made where there is no corpus
    with only_one_in(folder, f"a build is at work in '{folder}': wait for it or end it"):
        corpus = BuildFolder(folder, read_index(folder))
        corpus.sweep()
        wanted = set(names)
        known = [record.name for record in corpus.index.sets]
        if unknown := sorted(wanted.difference(known)):
            raise InputError(_unknown(folder, unknown[0], known))
        if wanted:
            corpus.remove_sets(wanted)
        return corpus.index


def _unknown(folder: Path, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, cutoff=0)
    if not near:
        return f"corpus '{folder}' has no set '{name}': it is empty"
    return (
        f"corpus '{folder}' has no set '{name}', nothing was removed; did you mean '{near[0]}'? 'mixdream "
        "corpus show' lists them all"
    )
