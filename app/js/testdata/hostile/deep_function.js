return new Function('return ' + '['.repeat(5e5) + ']'.repeat(5e5))()
