"""Examples below the help of ``ctacol run``, verb by verb."""

REDUCE = """\
\b
Examples:
  ctacol run reduce --input run.simtel.zst --output dl0
  ctacol run reduce --input run.simtel.zst --output dl0 \\
      --set reducer=TailCutsDataVolumeReducer

Waveforms of the selected gain come to lie in dl0/waveforms, packed without loss. With a
reducer, those of pixels without light are left out. Next:
  ctacol run stage1 --input dl0 --output dl1
"""

STAGE1 = """\
\b
Examples:
  ctacol run stage1 --input run.simtel.zst --output dl1
  ctacol run stage1 --input prod6/*.simtel.zst --output dl1 --workers 4
  ctacol run stage1 --input dl0 --output dl1          what reduce made
  ctacol run stage1 --input dl1 --output mars --set cleaner=MARSImageCleaner
  ctacol run stage1 --input run.simtel.zst --output dl1 --overwrite \\
      --set extractor.window_width=5 --set cleaner.picture_threshold_pe=8
  ctacol config show stage1 > my.yaml                 all keys, to be edited
  ctacol run stage1 --input run.simtel.zst --output dl1 --config my.yaml

Images come to lie in dl1/images, their parameters in dl1/parameters, by telescope
type. Next: ctacol run stage2 --input dl1 --output dl2
"""

STAGE2 = """\
\b
Examples:
  ctacol run stage2 --input dl1 --output dl2
  ctacol run stage2 --input dl1 --output dl2 --overwrite \\
      --set quality.enough_charge="hillas_intensity > 100"

\b
The result as a table, in Python:
  import polars as pl
  pl.scan_parquet("dl2/events/*.parquet").select("^reco_.*$").collect()
"""

TRAIN = """\
\b
Examples:
  ctacol run train --input gamma/dl2 proton/dl2 --output models
  ctacol run train --input gamma/dl2 --output models --set particle=null
  ctacol run train --input gamma/dl2 proton/dl2 --output models --overwrite \\
      --set energy.estimator=HistGradientBoostingRegressor
  ctacol config show train > my.yaml                  all keys, to be edited

A model for each task and telescope type comes to lie in models. Half of the showers are
left for IRFs, see the key fraction.

\b
Next:
  ctacol info models                                  how good they are
  ctacol run stage3 --input dl2 --models models --output dl2-full
"""

STAGE3 = """\
\b
Examples:
  ctacol run stage3 --input dl2 --models models --output dl2-full
  ctacol run stage3 --input dl2 --models models --output dl2-full \\
      --set energy.weights=inverse-variance --set best_direction=disp
  ctacol run stage3 --input dl2 --models models --output rest \\
      --set trained_on=drop

Models are what ctacol run train wrote. Events that they were trained on are refused,
unless trained_on says what to do with them.

\b
The result as a table, in Python:
  import polars as pl
  pl.scan_parquet("dl2-full/events/*.parquet").select("reco_energy").collect()
"""

IRF = """\
\b
Examples:
  ctacol run irf --input gamma/dl2-full proton/dl2-full electron/dl2-full \\
      --output irf
  ctacol run irf --input gamma/dl2-full proton/dl2-full --output irf \\
      --set background='[proton]' --set cuts.method=optimise-gh
  ctacol run irf --input */dl2-full --output irf --set enclosure=point-like
  ctacol run irf --input more/dl2-full --add-to irf --output irf2
  ctacol run irf --input irf --interpolate-to zenith=23,azimuth=170 \\
      --output there
  ctacol config show irf > my.yaml                    all keys, to be edited

Cuts, effective area, energy dispersion, PSF, background, sensitivity and resolutions
come to lie in irf: a Parquet table of each, FITS files (GADF) in irf/fits, ECSV in
irf/ecsv. Half of the showers are left to be observed, see the key fraction.

\b
Next:
  ctacol info irf                                     how good they are
  ctacol report irf                                   the same in pictures
  ctacol run dl3 --input */dl2-full --irf irf --observe observation.yaml \\
      --output dl3
"""

DL3 = """\
\b
Examples:
  ctacol config show observation > observation.yaml      what to observe, to be edited
  ctacol run dl3 --input gamma/ proton/ electron/ --irf irf/ \\
      --observe observation.yaml --output dl3
  ctacol run dl3 --input recorded/ --irf irf/ --output dl3
  ctacol run dl3 --input recorded/ --irf irf/ --output dl3 \\
      --set background=off-region --set off_region.offset_bins=6

A file of GADF for each observation, and their index. Simulated events become
observations by --observe; those that made the responses are not among them.

\b
In gammapy:
  from gammapy.data import DataStore
  DataStore.from_dir("dl3").get_observations()
"""

CALIBRATION = """\
\b
Examples:
  ctacol run stage1 --input run.simtel.zst --output dl1 \\
      --set source.skip_calibration_events=false --set invalid_pixel_handler=null
  ctacol run calibration --input dl1 --output calibration --set chunks.size=1000
  ctacol run stage1 --input run.simtel.zst --output dl1_calibrated \\
      --set monitoring.calibration=calibration
"""
