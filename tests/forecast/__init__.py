"""Are broken promises foreseen, explained and learned from when it is known what became of them?"""
