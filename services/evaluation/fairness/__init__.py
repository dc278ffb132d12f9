"""The fairness examination: arrays in, leads out; pure like the domain. It says "look here, because ...", never "guilty".

Start with `examination.py`: it is the order of the whole. docs/fairness-methods.md gives models, nulls, error control and measured power.
"""
