"""The registry kept over the years: a `backup` while the hub runs, its `restore`, and whether all is as it was written
(`verify`). What of it a running hub mends by itself is in hub.registry.
"""
