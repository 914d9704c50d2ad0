"""The drive that arguments, or a choice in the browser, ask for."""

from agents.evaluation.replay import Replay
from agents.heads import load_heads
from agents.watching.args import DriveArgs, RecordArgs
from agents.watching.browser import Browser, Choice
from agents.watching.driven_world import DrivenWorld
from drivesim.errors import ConfigError
from drivesim.render.window import Report
from drivesim.scenarios import load_scenario
from drivesim.tasks.suites import SUITES


def first_choice(browser: Browser) -> Choice:
    """What a browser offers first.

    Raises:
        ConfigError: Its suite cannot be read, or nothing in it matches.
    """
    catalogue = browser.open_now()
    browser.play()
    choice, browser.choice = browser.choice, None
    if choice is None:
        raise ConfigError(f"situation: nothing in {catalogue.name} matches {browser.query!r}")
    return choice


def driven_world(
    args: DriveArgs | RecordArgs,
    report: Report,
    *,
    choice: Choice | None = None,
    roads: int | None = None,
    replay: Replay | None = None,
) -> DrivenWorld:
    """The world of a command's arguments, with what was chosen in their place.

    Args:
        args: Driver, sensors, weather, and where nothing was chosen the roads.
        report: Told what is going on.
        choice: What was chosen.
        roads: How many roads to build, if not as many as the arguments say.
        replay: A kept drive, that goes before all of what is driven.
    """
    env, road, map_file, held_out, scenarios, order = args.env, args.road, args.map, args.held_out, None, None
    count = roads if roads is not None else args.roads if isinstance(args, DriveArgs) else 1
    if choice is not None:
        map_file = None
        if choice.suite in SUITES:
            env, road = SUITES[choice.suite].env_id, choice.numbers[0]
        else:
            scenarios, order = load_scenario(choice.suite), choice.numbers
    return DrivenWorld(
        env=env,
        agent=args.agent,
        heads=load_heads(args.heads),
        weather=args.weather if scenarios is None else (),
        seed=args.seed,
        road=road,
        sensors=args.sensors,
        map_file=map_file,
        roads=count,
        held_out=held_out,
        report=report,
        scenarios=scenarios,
        order=order,
        suite="" if scenarios is None or choice is None else choice.suite,
        replay=replay if choice is None else None,
    )
