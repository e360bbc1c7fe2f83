"""Typed, frozen configuration.

Each stage has a model that declares every key once (`Stage1Config`, `Stage2Config`).
`load` lays YAML files and single settings over the defaults and checks the whole, the
algorithms and their options included.
"""

from cta_columnar.config.algorithms import Catalogue
from cta_columnar.config.batch import BatchConfig
from cta_columnar.config.calibration import CalibrationConfig
from cta_columnar.config.choice import AlgorithmChoice, Selection
from cta_columnar.config.cluster import ClusterConfig
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.config.expressions import Cut
from cta_columnar.config.images import EventSelectionConfig
from cta_columnar.config.irf import IrfConfig
from cta_columnar.config.layers import Layer, read_file, read_setting
from cta_columnar.config.load import digest, load
from cta_columnar.config.models import STAGES, Stage1Config
from cta_columnar.config.observation import ObservationConfig
from cta_columnar.config.problems import ConfigError, Problem
from cta_columnar.config.reduce import ReduceConfig
from cta_columnar.config.section import Section
from cta_columnar.config.stage2 import Stage2Config
from cta_columnar.config.stage3 import Stage3Config
from cta_columnar.config.train import TrainConfig

__all__ = [
    "STAGES",
    "AlgorithmChoice",
    "BatchConfig",
    "CalibrationConfig",
    "Catalogue",
    "ClusterConfig",
    "ConfigError",
    "Cut",
    "DL3Config",
    "EventSelectionConfig",
    "IrfConfig",
    "Layer",
    "ObservationConfig",
    "Problem",
    "ReduceConfig",
    "Section",
    "Selection",
    "Stage1Config",
    "Stage2Config",
    "Stage3Config",
    "TrainConfig",
    "digest",
    "load",
    "read_file",
    "read_setting",
]
