"""Work in the background: what runs by the clock, and tasks that died.

Words: a *job* is a line of the schedule; its *slots* are the moments it is due, counted from a fixed beginning; a *run*
is one slot carried out. A *dead task* failed for good, or took its worker down again and again.

Promises: a slot has one run however many clock processes there are and whenever they are killed; slots that passed
while none was there are made up for by one run; a task that dies leaves a record that can be retried or discarded.
Knows the kernel and accounts; who runs the platform alone may change anything here.
"""
