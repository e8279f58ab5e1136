"""The package and its cameras in process work where there is no Linux; what needs one says so."""

import subprocess
import sys

MISSING = ("curses", "fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
"""Modules of Unix alone, which Python has on no other system."""
HEAD = f"""
import sys
from importlib.abc import MetaPathFinder

class Without(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {MISSING}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

for name in {MISSING}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Without())
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", HEAD + program], capture_output=True, text=True)


def test_cameras_in_process_need_nothing_of_linux(tmp_path):
    done = run(f"""
import camtwin
with camtwin.open("baumer-vcxg-124m", scene="flat", storage={str(tmp_path)!r}) as cam:
    cam.Width, cam.Height = 64, 64
    print(cam.grab()[0].truth.electrons.shape, cam.host(1).write(0xA00, 2))
with camtwin.open("basler-aca4112-20um", render=False) as cam:
    print(len(cam.grab(2)), cam.usb().stream_halted)
""")
    assert done.stdout.splitlines() == ["(64, 64) 0", "2 False"], done.stderr


def test_what_needs_linux_says_so_in_one_line():
    done = run("""
sys.argv = ["camtwin", "run", "baumer-vcxg-124m"]
from camtwin.__main__ import main
main()
""")
    assert done.returncode == 2
    assert done.stderr == "camtwin: this command needs Linux: there is no fcntl on this system\n"
