"""How good are the learners, measured on public data beside a baseline?"""
