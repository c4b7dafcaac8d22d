"""Messages that could not be registered: what is `set_aside`, of what kind, and the `words` for it. Tried again by
hub.registry.second_reading, at an order of the office.
"""
