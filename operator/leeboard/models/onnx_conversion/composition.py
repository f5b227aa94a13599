"""From a fitted scikit-learn estimator to tensors: pipelines and their parts, each kind by its own converter."""

from collections.abc import Callable
from typing import Any

from sklearn import compose, ensemble, linear_model, pipeline, preprocessing, svm, tree
from sklearn.calibration import CalibratedClassifierCV
from sklearn.impute import SimpleImputer

from leeboard.models.onnx_conversion import calibration, forests, linear, transformers
from leeboard.models.onnx_conversion.data import Data, beside, of_tensor
from leeboard.models.onnx_conversion.encoders import encoded
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures
from leeboard.models.onnx_conversion.graph import Graph
from leeboard.models.onnx_conversion.hist_gradient_boosting import hist_gradient_boosting

Answering = Callable[[Graph, Any, Data], Figures]
Transforming = Callable[[Graph, Any, Data], Data]

_REGRESSIONS = (
    linear_model.LinearRegression,
    linear_model.Ridge,
    linear_model.RidgeCV,
    linear_model.Lasso,
    linear_model.LassoCV,
    linear_model.ElasticNet,
    linear_model.ElasticNetCV,
    linear_model.BayesianRidge,
    linear_model.ARDRegression,
    linear_model.HuberRegressor,
    linear_model.QuantileRegressor,
    linear_model.SGDRegressor,
    linear_model.Lars,
    linear_model.LassoLars,
    linear_model.OrthogonalMatchingPursuit,
    linear_model.TheilSenRegressor,
    svm.LinearSVR,
)
_FORESTS = (
    tree.DecisionTreeClassifier,
    tree.DecisionTreeRegressor,
    tree.ExtraTreeClassifier,
    tree.ExtraTreeRegressor,
    ensemble.RandomForestClassifier,
    ensemble.RandomForestRegressor,
    ensemble.ExtraTreesClassifier,
    ensemble.ExtraTreesRegressor,
)
_ANSWERING: dict[type, Answering] = {
    **dict.fromkeys(_REGRESSIONS, linear.linear_regression),
    **dict.fromkeys(_FORESTS, forests.forest),
    linear_model.PoissonRegressor: linear.generalised_linear,
    linear_model.GammaRegressor: linear.generalised_linear,
    linear_model.TweedieRegressor: linear.generalised_linear,
    linear_model.LogisticRegression: linear.logistic_regression,
    linear_model.LogisticRegressionCV: linear.logistic_regression,
    linear_model.SGDClassifier: linear.stochastic_gradient,
    linear_model.RidgeClassifier: linear.decision_only,
    linear_model.RidgeClassifierCV: linear.decision_only,
    linear_model.Perceptron: linear.decision_only,
    svm.LinearSVC: linear.decision_only,
    ensemble.GradientBoostingClassifier: forests.gradient_boosting,
    ensemble.GradientBoostingRegressor: forests.gradient_boosting,
    ensemble.HistGradientBoostingClassifier: hist_gradient_boosting,
    ensemble.HistGradientBoostingRegressor: hist_gradient_boosting,
}
_TRANSFORMING: dict[type, Transforming] = {
    preprocessing.StandardScaler: transformers.standard_scaler,
    preprocessing.RobustScaler: transformers.robust_scaler,
    preprocessing.MaxAbsScaler: transformers.max_abs_scaler,
    preprocessing.MinMaxScaler: transformers.min_max_scaler,
    preprocessing.OneHotEncoder: encoded,
    preprocessing.OrdinalEncoder: encoded,
    preprocessing.TargetEncoder: encoded,
    SimpleImputer: transformers.simple_imputer,
}


def answered(graph: Graph, estimator: Any, data: Data) -> Figures:
    """What an estimator answers. Raises Unconvertible for one, or a part of one, that has no converter here.

    The type has to be the very one: a class derived from it may answer anything.
    """
    kind = type(estimator)
    if kind is pipeline.Pipeline:
        for _, step in estimator.steps[:-1]:
            data = transformed(graph, step, data)
        return answered(graph, estimator.steps[-1][1], data)
    if kind is CalibratedClassifierCV:
        return calibration.calibrated(graph, estimator, data, answered)
    if kind.__name__ == "FrozenEstimator" and kind.__module__.startswith("sklearn."):
        return answered(graph, estimator.estimator, data)
    if hasattr(estimator, "best_estimator_") and kind.__module__.startswith("sklearn.model_selection"):
        return answered(graph, estimator.best_estimator_, data)
    if (converter := _ANSWERING.get(kind) or _boosted(kind)) is None:
        raise Unconvertible(f"there is no converter for {kind.__name__}")
    return converter(graph, estimator, data)


def transformed(graph: Graph, step: Any, data: Data) -> Data:
    """What a step makes of columns. Raises Unconvertible for one that has no converter here."""
    kind = type(step)
    if step is None or step == "passthrough" or (kind is preprocessing.FunctionTransformer and step.func is None):
        return data
    if kind is pipeline.Pipeline:
        for _, inner in step.steps:
            data = transformed(graph, inner, data)
        return data
    if kind is compose.ColumnTransformer:
        return _by_column(graph, step, data)
    if kind is pipeline.FeatureUnion:
        parts = [(name, transformed(graph, one, data)) for name, one in step.transformer_list if one != "drop"]
        return beside(graph, [_weighted(graph, part, step, name) for name, part in parts])
    if (converter := _TRANSFORMING.get(kind)) is None:
        raise Unconvertible(f"there is no converter for {kind.__name__}")
    return converter(graph, step, data)


def _by_column(graph: Graph, step: Any, data: Data) -> Data:
    parts = []
    for name, one, _ in step.transformers_:
        places = [int(place) for place in step._transformer_to_input_indices.get(name, ())]
        if one == "drop" or not places:
            continue
        parts.append(_weighted(graph, transformed(graph, one, data.select(places)), step, name))
    return beside(graph, parts)


def _weighted(graph: Graph, part: Data, step: Any, name: str) -> Data:
    weight = (step.transformer_weights or {}).get(name)
    if weight is None:
        return part
    return of_tensor(graph, graph.op("Mul", part.numbers(), graph.number(float(weight))), part.width)


def _boosted(kind: type) -> Answering | None:
    """XGBoost's and LightGBM's own estimators, whose libraries are imported where there is such a model alone."""
    if kind.__module__ == "xgboost.sklearn":
        from leeboard.models.onnx_conversion import xgboost_trees  # noqa: PLC0415

        return xgboost_trees.of_estimator
    if kind.__module__ == "lightgbm.sklearn":
        from leeboard.models.onnx_conversion import lightgbm_trees  # noqa: PLC0415

        return lightgbm_trees.of_estimator
    return None
