"""What a monitor says of inputs within segments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.planning.drift.figures import read_figures
from tests.unit.planning.test_drift_monitor import DISTANCE, MISSING, Watch, feature, figures

BY_CARRIER = DISTANCE | {"by": "carrier"}
ASKED = {"segmentInputs": [{"feature": "carrier", "values": 16, "enough": 9, "pairs": 72}]}


def segment(*features, value="UA", by="carrier", rows=400):
    return {"feature": by, "value": value, "rows": rows, "features": list(features)}


def segmented(*segments, **more):
    return figures(segments=list(segments), **ASKED | more)


def found(status, text):
    return [one for one in status["findings"] if text in one["subject"]]


def test_drift_within_a_segment_is_drift_and_names_both():
    watch = Watch(BY_CARRIER)
    status = watch.look(segmented(segment(feature("wind", js=0.3), feature("temp", js=0.05)), segment(value="AA")))
    assert status["verdict"] == "Drift"
    (within,) = found(status, " where ")
    assert status["findings"][0] == within
    assert (within["subject"], within["verdict"]) == ("wind where carrier=UA", "Drift")
    assert (within["value"], within["threshold"]) == ("0.3", "0.1")
    message = next(one["message"] for one in status["conditions"] if one["type"] == "DriftDetected")
    assert message.startswith("DataDrift wind where carrier=UA 0.3 [0.29, 0.31], threshold 0.1")
    assert status["episode"]["reason"].startswith("DataDrift wind where carrier=UA")


def test_missing_values_within_a_segment():
    status = Watch(MISSING | {"by": "carrier"}).look(segmented(segment(feature("wind", missingPercent="17"))))
    (within,) = found(status, " where ")
    assert (within["check"], within["value"], within["verdict"]) == ("DataQuality", "17", "Drift")


def test_what_is_not_drift_holds_no_verdict_back():
    status = Watch(BY_CARRIER).look(segmented(segment(feature(js=0.12, width=0.1))))
    assert status["verdict"] == "Stable"
    (told,) = found(status, "inputs by carrier")
    assert told["shift"] == "none of 72 inputs within 9 of 16 values drifted"


def test_a_check_looks_by_its_own_input_only_and_leaves_out_what_is_excluded():
    drifted = segmented(segment(feature(js=0.5)), segment(feature(js=0.5), by="origin"))
    assert found(Watch(DISTANCE).look(drifted), " where ") == []
    (within,) = found(Watch(BY_CARRIER).look(drifted), " where ")
    assert within["subject"] == "wind where carrier=UA"
    assert found(Watch(BY_CARRIER, features={"exclude": ["wind"]}).look(drifted), " where ") == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"segmentInputs": []}, "the version's profile has no segments by carrier: name it in prediction.segments"),
        ({"segmentInputs": [{"feature": "origin", "pairs": 9}]}, "the version's profile has no segments by carrier"),
        (
            {"segmentInputs": [{"feature": "carrier", "refused": "is no input of this version"}]},
            "there are no segments by carrier, which is no input of this version",
        ),
        (
            {"segmentInputs": [{"feature": "carrier", "values": 4, "enough": 0, "pairs": 0}]},
            "none of 4 values of carrier has rows enough in the window",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_a_finding_that_says_why(more, why):
    status = Watch(BY_CARRIER).look(segmented(**more))
    assert status["verdict"] == "Inconclusive"
    (told,) = found(status, "inputs by carrier")
    assert told["verdict"] == "Inconclusive"
    assert why in told["shift"]


def test_the_whole_still_tells_of_drift_where_segments_cannot():
    status = Watch(BY_CARRIER).look(segmented(segmentInputs=[], features=[feature(js=0.5)]))
    assert status["verdict"] == "Drift"


def test_an_input_that_the_model_rests_on_comes_first():
    important, other = feature("wind", js=0.2, importance="0.9"), feature("temp", js=0.3, importance="0.1")
    status = Watch(BY_CARRIER).look(segmented(segment(other, important)))
    assert [one["subject"] for one in found(status, " where ")] == ["wind where carrier=UA", "temp where carrier=UA"]
    assert status["findings"][0]["importance"] == "90"


@pytest.mark.parametrize(("name", "by", "value"), [("w" * 128, "c" * 128, "v" * 128), ("wind", "carrier", "v" * 128)])
def test_long_names_are_cut_so_that_all_three_are_told(name, by, value):
    told = segmented(
        segment(feature(name, js=0.5), by=by, value=value),
        segmentInputs=[{"feature": by, "values": 1, "enough": 1, "pairs": 1}],
    )
    (within,) = found(Watch(DISTANCE | {"by": by}).look(told), " where ")
    assert len(within["subject"]) <= 128
    assert name[:40] in within["subject"]
    assert "…" in within["subject"]
    assert f"={value[:20]}" in within["subject"]


SCORES = {"type": "PredictionDrift", "distance": "JensenShannon", "threshold": "0.1", "by": "carrier"}
SCORES_ASKED = {"segmentPredictions": [{"feature": "carrier", "values": 16, "enough": 9, "pairs": 9}]}


def predicted(js, rows=390):
    return segment() | {"prediction": {"rows": rows, **feature("probability", js=js)}}


def test_predictions_that_drifted_within_a_segment_are_drift():
    told = segmented(predicted(0.3), prediction=feature("probability", js=0.05), **SCORES_ASKED)
    status = Watch(SCORES, features={"exclude": ["wind"]}).look(told)
    assert status["verdict"] == "Drift"
    (within,) = found(status, " where ")
    assert (within["check"], within["subject"]) == ("PredictionDrift", "probability where carrier=UA")
    assert found(Watch(BY_CARRIER).look(told), " where ") == []


@pytest.mark.parametrize(
    ("more", "verdict", "why"),
    [
        (SCORES_ASKED, "Stable", "no prediction within 9 of 16 values drifted"),
        ({"segmentPredictions": []}, "Inconclusive", "the version's profile counts no predictions by carrier: name it"),
        (
            {"segmentPredictions": [{"feature": "carrier", "refused": "is no input of this version"}]},
            "Inconclusive",
            "there are no segments by carrier, which is no input of this version",
        ),
        (
            {"segmentPredictions": [{"feature": "carrier", "values": 4, "enough": 0, "pairs": 0}]},
            "Inconclusive",
            "none of 4 values of carrier has predictions enough in the window",
        ),
    ],
)
def test_what_is_said_where_no_prediction_drifted(more, verdict, why):
    status = Watch(SCORES).look(segmented(predicted(0.05), prediction=feature("probability", js=0.05), **more))
    assert status["verdict"] == verdict
    (told,) = found(status, "predictions by carrier")
    assert told["verdict"] == verdict
    assert why in told["shift"]


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["feature", "value", "rows", "features", "name", "distances", "prediction"]), inner
        ),
    ),
    max_leaves=8,
)


@given(JUNK, JUNK)
@settings(max_examples=150, deadline=None)
def test_figures_that_are_none_are_left_out(segments, inputs):
    found = read_figures(figures(segments=segments, segmentInputs=inputs, segmentPredictions=inputs))
    assert isinstance(found.segments, tuple)
    assert all(one.rows >= 0 for one in found.segments)
