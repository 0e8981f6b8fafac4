return Array.from({ length: 1e6 }, (_, i) => 'item' + (i * 7919) % 1e6).sort()
