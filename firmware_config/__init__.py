"""What is put on a gate's SD card, and the tool that renders and checks it (`python -m firmware_config.render`).

The files here are the card's files as they are; render.py fills in what differs from gate to gate.
"""
