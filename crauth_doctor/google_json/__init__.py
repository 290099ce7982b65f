"""Google's JSON in our words, pure: the same functions for what was read and for what a person pasted.

What an object is, and whether all of it is there, is the caller's to tell; nothing here is asked of anybody. A value
that this version does not know becomes None, or raises `NotUnderstoodError`; it is never a default.
"""
