"""A process that drives: it reads blocks of drives from its input, line by line, and tells of them on its output.

The leader hands down its lock on the data set, so that nobody else writes there while this process lives.
"""

import json
import os
import sys
from typing import Any

from agents.recorder.drives import Block
from drivesim.errors import DrivesimError
from drivesim.export.folder import DataFolder


def main() -> int:
    """Drives until the input ends. Exit code 1 after a failure, of which the last line tells."""
    # What libraries print must not mix with what the leader reads.
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)

    def tell(**message: Any) -> None:
        answers.write(json.dumps(message) + "\n")

    try:
        job = json.loads(sys.stdin.readline())
        folder = DataFolder(job["folder"], job["request"])
        for line in sys.stdin:
            block = Block(folder, job["request"], json.loads(line))
            block.run(lambda count: tell(frames=count), lambda number: tell(drive=number))
            tell(over=True)
    except BrokenPipeError:
        os._exit(1)  # the leader has gone
    except KeyboardInterrupt:
        return 130
    except (DrivesimError, ValueError) as error:
        tell(refused=str(error))
        return 1
    except OSError as error:
        tell(failed=error.strerror or str(error), errno=error.errno or 0, file=str(error.filename or ""))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
