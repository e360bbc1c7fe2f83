"""Version of the data model.

The first number changes when a reader of older files would misread newer ones, the
second when columns or tables are added, the third for wording.
"""

SCHEMA_VERSION = "0.1.0"

HISTORY = {
    "0.1.0": "DL1 images and parameters, DL2 stereo geometry",
}
