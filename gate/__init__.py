"""The words that a gate's station and the community's hub share.

Pure: no sockets, no disk, no clock, no hardware, no randomness. `now`, ids and keys are arguments.
Read the modules in the order of a visit: credential, temperature, decision, passage, wire.
"""
