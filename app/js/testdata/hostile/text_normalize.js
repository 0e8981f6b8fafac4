return 'ä'.repeat(3e7).normalize('NFD').length
