"""`python -m rdbt`: the program itself."""

import subprocess
import sys

from rdbt.program import executable

sys.exit(subprocess.call([executable(), *sys.argv[1:]]))
