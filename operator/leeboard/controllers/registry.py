"""The controllers of the four kinds."""

from __future__ import annotations

from leeboard.controllers import drift_monitor, model, model_version, training_job
from leeboard.controllers.base import Controller

CONTROLLERS: dict[str, Controller] = {
    controller.kind: controller
    for controller in (
        model.CONTROLLER,
        model_version.CONTROLLER,
        training_job.CONTROLLER,
        drift_monitor.CONTROLLER,
    )
}
