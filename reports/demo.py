def tell(keep): return 0
