"""Event handlers of a game: each creature brings a script, the game calls the handlers that it defines."""

from dataclasses import dataclass, field

import horus_runtime as hr


@dataclass
class Creature:
    """A creature of the game."""

    name: str
    health: int = 10
    position: int = 0
    inventory: list[str] = field(default_factory=list)
    secret_seed: int = field(default=42, metadata={"script": {"skip": True}})

    def say(self, text: str) -> None:
        print(f"{self.name}: {text}")

    @property
    def alive(self) -> bool:
        return self.health > 0


GOBLIN = """
const COWARDICE = 5;

fn on_spawn(me) { me.inventory.push("stick"); me.say("Grr!"); }

fn on_tick(me, hero) {
    let distance = hero.position - me.position;
    if distance != 0 { me.position += distance.sign(); }
}

fn on_hit(me, damage) {
    me.health -= damage;
    if me.alive && me.health < COWARDICE { me.say(`I drop my ${me.inventory.pop()}!`); }
}
"""

ROCK = "fn on_hit(me, damage) { me.say(`Clonk. ${damage} of damage does not hurt.`); }"


def main() -> None:
    engine = hr.Engine(hr.Limits(max_operations=10_000, max_duration=0.5))
    engine.register_type(
        Creature, expose=["name", "health", "position", "inventory", "say", "alive"], readonly=["name"]
    )
    hero = Creature("Hero", position=3)
    goblin, rock = Creature("Goblin"), Creature("Rock")
    scripts = [(goblin, engine.load(GOBLIN)), (rock, engine.load(ROCK))]

    for creature, script in scripts:
        script.call_if_defined("on_spawn", creature)
    for _ in range(5):
        for creature, script in scripts:
            script.call_if_defined("on_tick", creature, hero)
    for creature, script in scripts:
        script.on_hit(creature, 6)
    print(goblin)

    # A handler that never ends ends all the same, and the game goes on.
    try:
        engine.load("fn on_tick(me, hero) { loop { } }").on_tick(rock, hero)
    except hr.LimitError as error:
        print(f"{error.message}: {error.hint}")


if __name__ == "__main__":
    main()
