"""Run every benchmark in turn but those that ask for more, such as music, a corpus or a run."""

from benchmarks import copies, decode, inversion, sample, start, studio, train_step

for benchmark in (start, inversion, sample, train_step, decode, copies, studio):
    benchmark.main()
