return JSON.parse('['.repeat(5e5) + ']'.repeat(5e5))
