return BigInt('9'.repeat(1e7)) % 7n === 1n
