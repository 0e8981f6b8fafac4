return new Array(4e9 | 0 || 4e6).join('x'.repeat(1e6))
