"""Where the program is."""

import os
import shutil
import sys
import sysconfig

NAME = "rdbt.exe" if os.name == "nt" else "rdbt"


def executable() -> str:
    """The path of the program: what `RDBT_EXECUTABLE` names, else the one that was installed with this package, else the
    first on the path."""
    named = os.environ.get("RDBT_EXECUTABLE")
    if named:
        return named
    folders = [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", f"{os.name}_user"), os.path.dirname(sys.executable)]
    for folder in folders:
        path = os.path.join(folder, NAME)
        if os.path.isfile(path):
            return path
    found = shutil.which(NAME)
    if found:
        return found
    raise FileNotFoundError(f"The program {NAME} is neither in {folders[0]} nor on the path: install the wheel `rdbt` again.")
