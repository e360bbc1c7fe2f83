"""How real simulated images are: ``python -m benchmarks.realism.run``.

Showers go through the whole chain, ``ctacol simulate`` and ``ctacol run stage1``, and
their images are held beside those of CORSIKA and sim_telarray: public tables of ctapipe
0.8 from the prod3b production (MIT licence, fact-project/aict-tools).
"""
