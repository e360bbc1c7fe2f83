"""A folder with all models of a training: made beside its place, then moved there.

models/ training.json  provenance.json
importance.parquet  cross_validation.parquet  cut_flow.parquet
<task>/tel_type=<type>/...   <task>/classes.parquet
"""

from cta_columnar.schemas import training
from cta_columnar.schemas.dl1 import CUT_FLOW
from cta_columnar.store.models.listing import is_models
from cta_columnar.store.tables import TablesBeside
from cta_columnar.store.whole_folder import WholeFolder

_WHOLE = WholeFolder("models", is_models)
check_models_output, new_models = _WHOLE.check, _WHOLE.new

BESIDE = TablesBeside(training.TABLES | {"cut_flow": CUT_FLOW})
save_table, load_table = BESIDE.save, BESIDE.load
