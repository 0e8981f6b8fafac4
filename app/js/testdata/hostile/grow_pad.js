return 'x'.padStart(2 ** 31, 'abc') + 'x'.padEnd(2 ** 31)
