"""Other people's tools at the same work, side by side with Cordon, on the same simulated switches.

``site`` makes the switches and what describes them, ``contenders`` says who takes part, ``clients`` holds
what each of them runs in an environment of its own, ``measuring`` is one run, ``report`` the table and the
plot.
"""
