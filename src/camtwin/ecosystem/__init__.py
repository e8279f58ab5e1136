"""An ecosystem of sensor modules, adapters and boards: what goes with what, and what its data sheet says.

    from camtwin import ecosystem
    ecosystem.ask("boards FSM-IMX412 4").column("board")
    ecosystem.ask("chain FSM-IMX412 TX2").holds

The facts stand in `models/ecosystems/`; an answer is a table (answer.py), questions are words (questions.py).
Image modes of a module's driver are a file: `load_modes("framos-fsm-imx412-4-lanes", "imx412")`.
"""

from camtwin.ecosystem.answer import Answer, NoAnswer
from camtwin.ecosystem.drawing import drawn
from camtwin.ecosystem.parts import Chain, Ecosystem, ecosystem
from camtwin.ecosystem.questions import QUESTIONS, ask
from camtwin.models import ImageMode, ModesInvalid, load_modes, modes_text, read_modes

__all__ = [
    "QUESTIONS",
    "Answer",
    "Chain",
    "Ecosystem",
    "ImageMode",
    "ModesInvalid",
    "NoAnswer",
    "ask",
    "drawn",
    "ecosystem",
    "load_modes",
    "modes_text",
    "read_modes",
]
