"""How real simulated images are: ``python -m benchmarks.realism.run``.

Images of simulated showers beside those of CORSIKA and sim_telarray (tables of ctapipe
0.8 from the prod3b production, MIT licence, fact-project/aict-tools). Until the whole
chain is used, telescopes trigger on three neighbouring pixels of true light and noise,
and images are cleaned without waveforms.
"""
