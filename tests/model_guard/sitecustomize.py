"""Python imports this at its start, where its folder is on the path: in processes that tests start."""

import model_guard

model_guard.install()
