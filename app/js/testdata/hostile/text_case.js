for (const s = 'ä'.repeat(3e7); ;) s.toUpperCase().toLowerCase()
