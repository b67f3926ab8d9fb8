"""One message end to end: the step, the lanes, delivery, timers, watches."""
