"""Campaigns that break what holds the records, and count: nothing lost, nothing doubled, nothing stale.

One file a campaign, one test file with its bounded share. `tests.rehearsal.campaigns` runs them by name. Rule: each has
a control arm under the same seeds that must fail, so that the harness is known to bite.
"""
