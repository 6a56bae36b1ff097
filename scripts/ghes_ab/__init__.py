# SPDX-License-Identifier: GPL-2.0-only
"""The same errors under two drivers, side by side.

    workload      what is raised, and what is measured while it is
    drivers       the two, and how the sources go from one to the other
    notification  what one notification costs and when it began: SDEI, NMI
    delivery      what became of each record that was raised
    wakeups       records left lying when the other CPU's handler was past their source
    latency       from the notification to the trace event and to the SIGBUS
    memory        what a driver holds of the machine's memory
    rounds        one workload on one kernel: A, B, A, B...
    results       the figures, as TSV and JSON
    targets       which ratios are to be reached
    table, plots, page, readme    the figures, for people
    here, einj, host              the same on the machine this runs on
"""
