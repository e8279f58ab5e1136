"""The texts of features, which viewers show: each is a sentence of its own and fits the model."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree import ElementTree

import pytest

from camtwin.camera.description import interface
from camtwin.camera.settings import Settings
from camtwin.genicam.nodes import Numeric
from camtwin.models import has_rig, load, names

SPACE = {"g": "http://www.genicam.org/GenApi/Version_1_1"}
UNITS = {
    "us": "microseconds",
    "ms": "milliseconds",
    "ns": "nanoseconds",
    "Hz": "hertz",
    "px": "pixels",
    "um": "micrometres",
    "C": "degrees Celsius",
    "dB": "decibels",
    "DN": "digital numbers",
    "B": "bytes",
    "Bps": "bytes per second",
    "Mbps": "megabits per second",
    "%": "percent",
    "lines": "lines",
}
NAME = re.compile(r"\b[A-Z][a-zA-Z0-9]+\b")
MODELS = [name for name in names() if has_rig(name)]
"""The others have features of these."""


def shown(model: str) -> dict[str, tuple[str, str]]:
    """Return ToolTip and Description of every node that a category lists, by name."""
    root = ElementTree.fromstring(interface(load(model)).xml)
    listed = {str(entry.text) for entry in root.iterfind(".//g:pFeature", SPACE)}
    categories = {node.get("Name", "") for node in root.iterfind("g:Category", SPACE)}
    nodes = {node.get("Name", ""): node for node in root}
    text = lambda name, tag: nodes[name].findtext(f"g:{tag}", "", SPACE)  # noqa: E731
    return {n: (text(n, "ToolTip"), text(n, "Description")) for n in sorted(listed - categories)}


def fault(text: str) -> str:
    """Return why a text is no sentence in SFNC's manner; such a one begins with what the feature does."""
    if len(text.split()) < 4:
        return "too short to say anything"
    if not text.endswith("."):
        return "ends without a period"
    if re.match(r"(What|Of|Whose|Where|How|Which|Whether|In|On|By|From|To|At|With)\b", text):
        return "begins with a bare clause or a preposition"
    if not re.match(r"[A-Z][a-z]+s ", text):
        return "begins with no verb in the third person"
    return ""


@pytest.mark.parametrize("model", MODELS)
def test_every_feature_has_a_sentence(model):
    texts = shown(model)
    assert len(texts) > 25
    faults = {(name, wrong) for name, both in texts.items() for text in both if (wrong := fault(text)) != ""}
    assert faults == set()


def test_no_two_features_share_a_text():
    by_text = defaultdict(set)
    for name, feature in Settings.features.items():
        by_text[feature.doc].add(name)
    assert [sharing for sharing in by_text.values() if len(sharing) > 1] == []
    for model in MODELS:
        texts = [description for _, description in shown(model).values()]
        assert len(set(texts)) == len(texts)


def test_every_number_has_its_unit_in_words():
    missing = {
        name
        for name, feature in Settings.features.items()
        if isinstance(feature, Numeric) and feature.unit and UNITS[feature.unit] not in feature.doc
    }
    assert missing == set()


def test_it_is_said_when_a_feature_is_available_or_locked():
    for name, feature in Settings.features.items():
        assert not feature.available or "vailable only" in feature.doc, name
        assert not feature.locked or "ocked " in feature.doc, name


@pytest.mark.parametrize("model", MODELS)
def test_a_text_names_no_feature_that_the_model_lacks(model):
    lacking = {
        (name, word)
        for name, both in shown(model).items()
        for word in NAME.findall(both[1])
        if word in Settings.features and word not in shown(model)
    }
    assert lacking == set()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Does it.", "too short to say anything"),
        ("What came of the last firmware image.", "begins with a bare clause or a preposition"),
        ("From the trigger to the exposure.", "begins with a bare clause or a preposition"),
        ("Way out of the net.", "begins with no verb in the third person"),
        ("Sets the gain of the image", "ends without a period"),
        ("Sets the gain of the image, in decibels.", ""),
    ],
)
def test_a_poor_text_is_found(text, wrong):
    assert fault(text) == wrong
