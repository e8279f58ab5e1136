"""Every feature that a camtwin camera may have, declared once: a module a chapter of SFNC.

To add one: declare it in its chapter, and give it a row in the data sheets of the cameras that have it.
Names are those of SFNC 2.4; what one maker alone has stands in `vendor`. Order matters: when limits move,
what is declared first gives way first.
"""
