return String(1n << 400000000000n)
