"""drivesim: the driving simulator whose sensors come first. Importing it registers its environments."""

from gymnasium.envs.registration import register

__version__ = "0.1.0"


ENV_IDS = {"drivesim/Lane-v0": "lane", "drivesim/Highway-v0": "highway", "drivesim/Town-v0": "town"}
"""Registered environments and the preset behind each."""

MAP_ENV_ID = "drivesim/Map-v0"
"""Registered environment that drives on the OpenDRIVE file given as `map`, among the traffic of a town."""

for _id, _options in (
    *((_id, {"base_config": _preset}) for _id, _preset in ENV_IDS.items()),
    (MAP_ENV_ID, {"base_config": "town", "map": ""}),
):
    register(
        id=_id,
        entry_point="drivesim.envs.single:DriveEnv",
        vector_entry_point="drivesim.envs.vector:DriveVectorEnv",
        kwargs=_options,
    )

register(
    id="drivesim/Scenario-v0",
    entry_point="drivesim.envs.scenario:ScenarioEnv",
    vector_entry_point="drivesim.envs.scenario:ScenarioVectorEnv",
)
