"""Run every benchmark, one after the other; the shoot-out takes hours and is run by itself."""

from benchmarks import copies, decode, inversion, sample, start, train_step

for benchmark in (start, inversion, sample, train_step, decode, copies):
    benchmark.main()
