"""What printing is: jobs, printers, the ring between network and device. Imports nothing of the other rooms."""
