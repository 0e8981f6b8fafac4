return String(3n ** 100000000n)
