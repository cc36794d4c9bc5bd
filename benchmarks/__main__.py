"""Run every benchmark, one after the other."""

from benchmarks import copies, decode, inversion, start, train_step

for benchmark in (start, inversion, train_step, decode, copies):
    benchmark.main()
