"""Declarations of every feature that a camtwin camera may have: one module for each chapter of SFNC.

To add a feature, declare it in its chapter, and give it a row in the data sheets of the cameras that have it.
Names are those of SFNC 2.4; features that one maker alone has are in `vendor`. Order matters: when limits move,
the feature that is declared first gives way first.

A feature's text is what viewers show. It begins with what the feature does for its user (Sets, Selects,
Enables, Reports ...), names the unit, and says when the feature is available or locked; its first sentence is
the ToolTip. tests/unit/camera/test_feature_texts.py holds this.
"""
