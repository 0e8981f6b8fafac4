return JSON.parse('{"a": 1}', () => { for (;;) {} })
