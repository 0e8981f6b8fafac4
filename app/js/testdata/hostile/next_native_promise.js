// says The script ran longer than
return Promise.all({ [Symbol.iterator]: () => ({ next: Object.bind(null, { value: 1 }) }) })
