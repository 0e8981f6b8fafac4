return new Set('abc'.repeat(1e7)).size
