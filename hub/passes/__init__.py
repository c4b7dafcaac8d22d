"""What the office puts into people's hands: passes that it can `issue`, for `guests` as well, and the `cards` with
which `phones` fetch one. The orders and the resident's page use it; which pass is whose stands in hub.registry.passes.
"""
