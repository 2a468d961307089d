"""What each venue of the loopback server answers, one module per venue or vendor."""
