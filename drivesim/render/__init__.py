"""Pictures for people: the world from above, camera panes, instruments, a window and video files.

Nothing here changes a world. Importing this package loads OpenCV, not pygame; import it where something is drawn.
"""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

from drivesim.render.topdown import SceneRenderer, TopDownView
from drivesim.render.video import VideoWriter, save_png
from drivesim.render.window import Window, WindowClosed

__all__ = ["SceneRenderer", "TopDownView", "VideoWriter", "Window", "WindowClosed", "save_png"]
