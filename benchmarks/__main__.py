"""Run every benchmark, one after the other."""

from benchmarks import decode, inversion, start, train_step

for benchmark in (start, inversion, train_step, decode):
    benchmark.main()
