"""Runs a command that stops for some milliseconds ten times a second, as if others had its processor."""

import signal
import subprocess
import sys
import time

PERIOD_s = 0.1


def main(pause_ms: str, *command: str) -> int:
    """Run the command; return its exit code."""
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            time.sleep(PERIOD_s)
            process.send_signal(signal.SIGSTOP)
            time.sleep(int(pause_ms) / 1000)
            process.send_signal(signal.SIGCONT)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
