"""The embedded mock of Kaiten, Zendesk, Attio and kintone, written by hand from the documents.

It is the second witness: it imports nothing of the contracts, so a misreading there cannot agree with itself here.
"""
