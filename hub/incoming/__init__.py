"""From the broker to the registry, and the receipt back: `link` hears, `backlog` lets what is live go first, `ingest`
and `swift_reading` make records of messages, `folding` enters in peace what waited, `received` knows what is safe,
`receipts` say so, and `gaps` is what has not come. hub.running wires them; what the hub says of its own is in bulletin.
"""
