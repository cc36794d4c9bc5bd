"""Run every benchmark, one after the other; downbeats, mixture, shootout and survey_load are run by themselves."""

from benchmarks import copies, decode, inversion, sample, start, train_step

for benchmark in (start, inversion, sample, train_step, decode, copies):
    benchmark.main()
