"""All states of all kinds."""

from tests.support.states.drift_monitors import DRIFT_MONITORS
from tests.support.states.model_versions import MODEL_VERSIONS
from tests.support.states.routed_models import MODELS
from tests.support.states.state import State
from tests.support.states.training_jobs import TRAINING_JOBS

KINDS = {one.kind: one.all for one in (MODELS, MODEL_VERSIONS, TRAINING_JOBS, DRIFT_MONITORS)}
EVERY_STATE: list[State] = [state for states in KINDS.values() for state in states]
