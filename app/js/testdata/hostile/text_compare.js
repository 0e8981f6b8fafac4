return 'ä'.repeat(3e7).localeCompare('ä'.repeat(3e7))
