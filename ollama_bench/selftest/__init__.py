"""How far off the tool's own figures are on this machine: a server of known times, a process of known memory."""
