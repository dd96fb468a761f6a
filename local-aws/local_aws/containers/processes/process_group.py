"""Processes of a job on several hosts: they all succeed together, or the first failure ends the others."""

import signal
import time

from local_aws.containers.processes.process import ContainerProcess

_LOOK_EVERY = 0.05


class ProcessGroup:
    """Processes that belong together, in host order."""

    def __init__(self) -> None:
        self._processes: list[ContainerProcess] = []
        self._ending = False

    def add(self, process: ContainerProcess) -> None:
        self._processes.append(process)

    @property
    def first_pid(self) -> int | None:
        """The first host's process ID, None if it is not running."""
        running = [process for process in self._processes[:1] if process.exit_code is None]
        return running[0].pid if running else None

    def wait(self, timeout: float) -> bool:
        """Return True once all have ended or one has failed without being stopped, False after `timeout` seconds."""
        until = time.monotonic() + timeout
        while True:
            codes = [process.exit_code for process in self._processes]
            if None not in codes or (any(codes) and not self._ending):
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            running = self._processes[codes.index(None)]
            running.wait(left if len(codes) == 1 else min(left, _LOOK_EVERY))

    def terminate(self) -> None:
        """Ask all processes to end; from now on, a failing process does not end the others."""
        self._ending = True
        for process in self._processes:
            process.send(signal.SIGTERM)

    def kill(self) -> None:
        for process in self._processes:
            process.send(signal.SIGKILL)

    def end(self) -> None:
        """End the remaining processes immediately and wait for all."""
        self.terminate()
        for process in self._processes:
            process.stop(grace=0.0)

    def first_failure(self) -> tuple[int, ContainerProcess]:
        """Return the first process to fail and its position; the first process if none failed. Call after `end`."""
        failed = [(process.ended_at, index) for index, process in enumerate(self._processes) if process.exit_code]
        index = min(failed)[1] if failed else 0
        return index, self._processes[index]
