"""Run every benchmark in turn but downbeats, mixture, shootout and survey_load, which ask for more."""

from benchmarks import copies, decode, inversion, sample, start, train_step

for benchmark in (start, inversion, sample, train_step, decode, copies):
    benchmark.main()
