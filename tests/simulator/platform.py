"""The parts of one running simulator that every operation may need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from .options import Options
from .store import Store


class Platform:
    """One simulator.

    :ivar options: its settings.
    :ivar store: everything it knows.
    :ivar random: its source of chance.
    :ivar address: its own address without a path, once it listens.
    """

    def __init__(self, options: Options, store: Store, with_changes: Callable[[Sequence[str]], Options]) -> None:
        self.options = options
        self.store = store
        self.random = Random(options.seed)
        self.address = ""
        self._with_changes = with_changes
        self._changes: list[str] = []

    def reconfigure(self, changes: Sequence[str]) -> None:
        """Takes on the settings of the process with changes, which are words of the command line.

        :raises ValueError: for changes that are no options.
        """
        self._take_on(list(changes))
        self.random.seed(self.options.seed)

    def change(self, changes: Sequence[str]) -> None:
        """Takes on changes beside those that were made before.

        :raises ValueError: for changes that are no options.
        """
        self._take_on([*self._changes, *changes])

    def _take_on(self, changes: list[str]) -> None:
        try:
            self.options = self._with_changes(changes)
        except SystemExit:
            raise ValueError(f"no such options: {' '.join(changes)}") from None
        self._changes = changes
