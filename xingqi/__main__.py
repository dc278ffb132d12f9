"""`python -m xingqi` is `xingqi`."""

import sys

from xingqi.cli import main

sys.exit(main())
