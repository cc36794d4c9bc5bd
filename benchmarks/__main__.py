"""Print one table of every benchmark but those that ask for more, such as music, a corpus or a run."""

from benchmarks import copies, decode, inversion, sample, start, studio, tracking, train_step
from benchmarks.table import machine, print_table

# Copies first: their peak of the memory counts from what was used before.
ALL = (copies, start, decode, tracking, inversion, sample, train_step, studio)

print_table((row for benchmark in ALL for row in benchmark.rows()), machine())
