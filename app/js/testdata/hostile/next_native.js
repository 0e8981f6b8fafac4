// says The script ran longer than
return [...{ [Symbol.iterator]: () => ({ next: Object.bind(null, { done: false, value: 1 }) }) }]
