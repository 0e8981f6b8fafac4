return [...{ [Symbol.iterator]() { return { next: () => ({ done: false, value: 1 }) } } }]
