"""A company: a checkout, and two accounts, dev and prod, to which it has been delivered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.checkout import odd_checkout
from tests.long.delivery.account import Account, write_settings

NAMES = ("dev", "prod")


@dataclass
class Company:
    """The checkout and its accounts."""

    checkout: Path
    dev: Account
    prod: Account

    @property
    def accounts(self) -> tuple[Account, Account]:
        return self.dev, self.prod

    def assembly(self) -> str:
        """Synthesise once for both; the digest."""
        files = " ".join(f"'{account.settings_file}'" for account in self.accounts)
        return self.dev.run("make", "-s", "assembly", f"ENVS={files}", timeout=300).stdout.split()[-1]


@contextmanager
def founded(folder: Path) -> Iterator[Company]:
    """Both accounts started and delivered to, side by side; stopped at the end."""
    checkout = odd_checkout(folder)
    accounts = [Account(folder / f"{name}-state", checkout, name=name) for name in NAMES]
    made = Company(checkout, *accounts)
    for name in NAMES:
        write_settings(folder, name, checkout=checkout)
    try:
        with ThreadPoolExecutor() as pool:
            started = [pool.submit(account.start) for account in accounts]
            made.assembly()
            for each in started:
                each.result()
            list(pool.map(lambda account: account.make("delivery"), accounts))
        yield made
    finally:
        for account in accounts:
            account.local("down", check=False)
