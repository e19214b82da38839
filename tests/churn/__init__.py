"""Is leaving foreseen, learned from only when it is known, and explained?"""
