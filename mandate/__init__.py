"""What is given: the mandate, its holders and resolutions, the States, and the words for what may be violated."""
