"""Tests ending the Locust process."""

import os
import signal
import subprocess
import sys

from ops.load import locust_process


def test_a_second_interrupt_ends_it_at_once():
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True); time.sleep(60)"
    )
    before = signal.getsignal(signal.SIGINT)
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True)
    with locust_process.Interrupts() as interrupts:
        for line in locust_process._lines(process, interrupts):
            assert line == "ready\n"
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
    assert process.wait() == -signal.SIGKILL
    assert interrupts.count == 2
    assert signal.getsignal(signal.SIGINT) is before
