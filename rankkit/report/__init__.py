"""Reports for people: HTML, Excel, and what a notebook or a terminal shows; every one of them passes the audience filter."""
