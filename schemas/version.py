"""Version of the data model.

The first number changes when a reader of older files would misread newer ones (a column
changes its type, unit or meaning, or goes), the second when columns or tables are
added, the third for wording. ``freeze.py`` shows what changed.
"""

SCHEMA_VERSION = "0.10.0"

HISTORY = {
    "0.1.0": "DL1 images and parameters, DL2 stereo geometry",
    "0.1.1": "the description of event_type names all types",
    "0.2.0": "muon rings; parameters in the camera frame, and for a source; DL0: packed "
    "waveforms and calibration coefficients; monitoring: statistics of calibration "
    "events, and camera coefficients",
    "0.3.0": "HillasIntersection; depth of maximum beside its height; trained models: "
    "trees, linear coefficients, features; images as int16 with a step",
    "0.3.1": "shower_prog_id and core_pos_mode say what those of simulations here mean",
    "0.3.2": "what coefficients and statistics of outliers are",
    "0.4.0": "cuts, instrument responses, sensitivity and other figures of merit",
    "0.5.0": "stage 3: predictions of energy, particle, direction and their errors, under "
    "a prefix; which events models were trained on; conditions and use of models",
    "0.6.0": "folders of instrument responses: grid of pointings, simulated runs, keys of "
    "products",
    "0.7.0": "models say who made the columns that they read, records of stage 3 who made "
    "those of a dataset; training.json lists all files; runs are known without obs_id",
    "0.8.0": "beside event lists: rates and conditions by interval, what was drawn of "
    "simulated events",
    "0.9.0": "by which numbers of a run trainings left out showers; weights of images "
    "in what models and records say of columns that models made",
    "0.10.0": "beside event lists: what each observation is, or why it is left out; "
    "triggers in good time, whose rate is per live time; responses: limits where no "
    "simulated background is, its rate in the on region, pairs of events of one shower "
    "in histograms, events outside of axes; spectra, models and configurations of "
    "inputs in irf.json",
}
