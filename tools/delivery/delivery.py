"""A delivery to one environment: its parts, and its steps."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path

from contracts.deployment.delivery import PLANNED, records
from ops.deployment.cloud import Cloud
from tools.delivery import before, cdk, change_sets, deployed, plan, rollback, run_id, synthesis
from tools.delivery.assembly import Assembly, AssemblyStack
from tools.delivery.change_sets import IN_TURN, NOTHING, READY, ChangeSet
from tools.delivery.errors import USAGE, DeliveryError
from tools.delivery.lock import Lock, Phase, Run
from tools.delivery.places import Place
from tools.delivery.smoke import PATIENCE_SECONDS, Smoke
from tools.delivery.store import Store

_SMOKE_KEY, _SMOKE_SECONDS = "RUBRIC_SMOKE_KEY", "RUBRIC_SMOKE_SECONDS"


class Delivery:
    """The steps of a delivery to `env` (a name, or a path to its YAML file). Each can run in a process of its own.

    build: the folder with the assembly; what steps leave for later ones is in `<build>/delivery/<name>`.
    """

    def __init__(self, env: str, *, build: Path, digest: str, say: Callable[[str], None]) -> None:
        self.env = env
        self.name = Path(env).stem if env.endswith((".yaml", ".yml")) else env
        self.digest = digest
        self.say = say
        self.work = build / "delivery" / self.name
        self.build = build
        self.work.mkdir(parents=True, exist_ok=True)

    # What a delivery consists of.

    @cached_property
    def stacks(self) -> list[AssemblyStack]:
        """The environment's stacks in the order of their deployment."""
        return Assembly(self.build / "assembly").stacks(self.cloud.settings.stack_name("").rstrip("-"))

    @cached_property
    def cloud(self) -> Cloud:
        """The environment's settings and clients, with one's own credentials. Raises OpsError."""
        return Cloud(self.env)

    @cached_property
    def place(self) -> Place:
        """Their account and region."""
        return Place(self.stacks)

    @cached_property
    def store(self) -> Store:
        """What the environment's deliveries keep in the bootstrap's bucket."""
        return Store(self.place, prefix=records(self.stacks[0].name.rpartition("-")[0]))

    @cached_property
    def run(self) -> Run:
        """Who delivers what."""
        identity, url = run_id.identify(self.work / "run")
        return Run(id=identity, who=self.place.caller, url=url, digest=self.digest)

    @cached_property
    def lock(self) -> Lock:
        """The environment's lock, for this run."""
        return Lock(self.store, self.name, self.run)

    @property
    def change_set(self) -> str:
        """The name of all its change sets."""
        return f"rubric-{self.digest[:16]}"

    @property
    def _names(self) -> list[str]:
        return [stack.name for stack in self.stacks]

    def _deployer(self) -> cdk.Deployer:
        return cdk.Deployer(cdk.copied(self.build / "assembly", self.work / "assembly"), self.change_set)

    # The steps.

    def plan(self) -> str:
        """Make and show the change sets for somebody who approves them; the plan's digest. Raises DeliveryError.

        By a role that cannot execute them: nothing is locked or deployed.
        """
        place = self.place.as_caller()
        states = deployed.look(place.cloudformation, self._names, templates=False)
        deployed.refuse_busy(states)
        store = Store(place, prefix=self.store.prefix + PLANNED)
        made = plan.Planner(store, self.change_set).all(self.stacks, states)
        digest = plan.keep(self.work, made, digest=self.digest)
        shown = change_sets.markdown(made, environment=self.name, digest=self.digest)
        self.say(shown + plan.summary(made, plan=digest))
        summarise(shown + plan.summary(made, plan=digest))
        plan.refuse_failed(made)
        return digest

    def prepare(self, approved: str = "") -> None:
        """Lock the environment and make its change sets: nothing is deployed. Raises DeliveryError.

        approved: the digest of a plan; then its change sets are taken, if they still do what was shown.
        """
        states = deployed.look(self.place.cloudformation, self._names, templates=bool(approved))
        deployed.refuse_busy(states)
        if approved:
            self._adopt(plan.approved(self.work, expected=approved, digest=self.digest, env=self.env), states)
            return
        self.lock.take()
        (self.work / "smoke.json").unlink(missing_ok=True)
        planned = change_sets.plannable(self.stacks, states)
        if planned and self._deployer().prepare(planned):
            raise DeliveryError(f"Change sets of {self.name} could not be made; the CLI's error is above")
        made = [
            change_sets.of(self.place.cloudformation, stack, name=self.change_set)
            if stack in planned
            else ChangeSet(stack, IN_TURN)
            for stack in self._names
        ]
        for each in made:
            if each.kind == NOTHING:
                change_sets.discard(self.place.cloudformation, each.stack, name=self.change_set)
        self._keep(made)
        self.show()
        plan.refuse_failed(made)

    def show(self) -> None:
        """Print what the prepared change sets would do."""
        text = change_sets.markdown(self._prepared(), environment=self.name, digest=self.digest)
        (self.work / "change-sets.md").write_text(text, encoding="utf-8")
        self.say(text)
        summarise(text)

    def execute(self) -> None:
        """Deploy: execute the prepared change sets, and make the others in their turn. Raises DeliveryError."""
        prepared = self._prepared()
        if self.lock.phase() != Phase.LOCKED:
            raise DeliveryError(
                f"This run has changed {self.name} already: make delivery-finish ENV={self.env} ends it", status=USAGE
            )
        cloudformation = self.place.cloudformation
        states = deployed.look(cloudformation, self._names, templates=True)
        deployed.refuse_busy(states)
        for each in prepared:
            now = change_sets.of(cloudformation, each.stack, name=each.id) if each.kind == READY else each
            if now.kind != each.kind:
                raise DeliveryError(
                    f"The change set of {each.stack} cannot be executed any more, {now.reason or now.kind}: something "
                    f"else has changed the stack, such as a promotion; make delivery-prepare ENV={self.env} plans anew",
                    status=USAGE,
                )
        kept = before.keep(self.store, states, run=self.run.id)
        (self.work / "before.json").write_text(json.dumps({"model": kept.model}), encoding="utf-8")
        self.lock.reach(Phase.CHANGING)
        self._carry_out(prepared)
        self.lock.reach(Phase.CHANGED)
        self.say(f"{self.name} has the assembly {self.digest}.")

    def smoke(self) -> None:
        """Test the environment through its API. Raises DeliveryError with what failed."""
        noted, result = self.work / "before.json", self.work / "smoke.json"
        result.unlink(missing_ok=True)
        model = json.loads(noted.read_text(encoding="utf-8"))["model"] if noted.exists() else ""
        try:
            self._smoke(model).run()
        except DeliveryError as error:
            summarise(f"Smoke test of `{self.name}` failed: {error}\n")
            raise
        result.write_text(json.dumps({"digest": self.digest, "passed": True}), encoding="utf-8")
        summarise(f"Smoke test of `{self.name}` passed.\n")

    def finish(self) -> None:
        """End the run: unlock what is untouched or tested, roll back and unlock the rest.

        Raises DeliveryError after a rollback: the change is not deployed.
        """
        held = self.lock.held()
        if held is None or held.value["id"] != self.run.id:
            self.say(f"This run has not locked {self.name}: there is nothing to finish.")
            return
        phase = self.lock.phase()
        if phase == Phase.CHANGED and self._passed():
            self.lock.reach(Phase.TESTED)
        elif phase not in Phase.SETTLED:
            self.roll_back()
            self.unlock()
            raise DeliveryError(f"{self.name} was rolled back: it is as it was before this run")
        elif phase == Phase.LOCKED:
            self._discard()
        self.unlock()

    def give_up(self) -> None:
        """After a plan that has failed: unlock what is untouched. A run that has changed something keeps its lock."""
        held = self.lock.held()
        if held is not None and (held.value["id"], held.value["phase"]) == (self.run.id, Phase.LOCKED):
            self._discard()
            self.unlock()

    def roll_back(self, *, by_force: bool = False) -> None:
        """Put back what this run has changed; by_force: what the run that holds the lock has. Raises DeliveryError."""
        held = self.lock.held()
        if held is not None and held.value["phase"] == Phase.LOCKED:
            self.say(f"Nothing of {self.name} was changed: there is nothing to roll back.")
            return
        if by_force and held is not None and held.value["id"] != self.run.id:
            known = before.read(self.store, run=held.value["id"])
            self.lock.adopt(held)
        else:
            self.lock.phase()  # raises, unless the lock is this run's
            known = before.read(self.store, run=self.run.id)
        self.say(f"Rolling {self.name} back. The approved model stays, and nothing trains.")
        rollback.roll_back(self.store, known, say=self.say)
        self._discard()
        self.lock.reach(Phase.ROLLED_BACK)
        summarise(f"`{self.name}` was rolled back.\n")

    def unlock(self, *, by_force: bool = False) -> None:
        """Let the lock go. Raises DeliveryError while the environment's state is unknown, unless by force."""
        self.say(self.lock.release(by_force=by_force))
        (self.work / "run").unlink(missing_ok=True)

    # Their parts.

    def _smoke(self, model: str) -> Smoke:
        """The test of an environment whose model was `model` before."""
        words = os.environ.get(_SMOKE_SECONDS) or str(PATIENCE_SECONDS)
        if not words.isdecimal():
            raise DeliveryError(f"{_SMOKE_SECONDS}={words}: it must be a whole number of seconds", status=USAGE)
        key = os.environ.get(_SMOKE_KEY, "")
        return Smoke(self.cloud, key=key, model=model, say=self.say, patience=int(words))

    def _adopt(self, planned: Sequence[ChangeSet], states: Sequence[deployed.StackState]) -> None:
        """Lock the environment, take the approved change sets, and publish the assets that they name."""
        plan.refuse_changed(self.place.cloudformation, planned, self.stacks, states)
        self.lock.take()
        (self.work / "smoke.json").unlink(missing_ok=True)
        if self._deployer().publish([each.stack for each in planned if each.kind == READY]):
            raise DeliveryError(f"The assets of {self.name} could not be published; the CLI's error is above")
        self._keep(planned)
        self.show()

    def _carry_out(self, prepared: Sequence[ChangeSet]) -> None:
        deployer = self._deployer()
        for kind, group in groupby(prepared, key=lambda each: each.kind):
            sets = list(group)
            names = [each.stack for each in sets]
            if kind == IN_TURN and deployer.deploy(names):
                raise DeliveryError(f"Deploying {', '.join(names)} failed; CloudFormation's reason is above")
            if kind == READY:
                for each in sets:
                    if deployer.execute(each.stack, each.id):
                        raise DeliveryError(f"Deploying {each.stack} failed; CloudFormation's reason is above")

    def _discard(self) -> None:
        """Delete change sets that were made and not executed."""
        for name in self._names:
            change_sets.discard(self.place.cloudformation, name, name=self.change_set)

    def _passed(self) -> bool:
        result = self.work / "smoke.json"
        return result.exists() and json.loads(result.read_text(encoding="utf-8"))["digest"] == self.digest

    def _keep(self, made: Sequence[ChangeSet]) -> None:
        document = {"digest": self.digest, "sets": [vars(each) for each in made]}
        (self.work / "change-sets.json").write_text(json.dumps(document), encoding="utf-8")

    def _prepared(self) -> list[ChangeSet]:
        file = self.work / "change-sets.json"
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if known.get("digest") != self.digest:
            raise DeliveryError(
                f"No change sets of this assembly are prepared for {self.name}: make delivery-prepare ENV={self.env}",
                status=USAGE,
            )
        return [ChangeSet(**each) for each in known["sets"]]


def summarise(text: str) -> None:
    """Add to the page that GitHub shows for a job, where there is one."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page:
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def begin(env: str, *, build: Path, expected: str, say: Callable[[str], None]) -> Delivery:
    """A delivery of the assembly in `build`, whose bytes are checked first."""
    return Delivery(env, build=build, digest=synthesis.checked(build, expected=expected), say=say)
